"""What a repository shows of its app, and the app's file that is proposed for it. Nothing in the repository is executed or changed."""
