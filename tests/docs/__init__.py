"""What the documentation says, checked: links, commands, examples of apps' files, blocks of shell, and what commands print."""
