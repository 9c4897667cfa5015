"""Merged file: what Compose makes of a release's compose files, rendered once for each task and read by all of its steps.

Each call of Compose costs about a tenth of a second of processor time. The file holds settings: it is private, among the temporary files
that are removed with the lock, and it is made anew when the release's folder is written anew.
"""

MERGED_FILE = r"""
kept=${SHIPLINE_TASK:+${TMPDIR:-}}; kept=${kept:+$kept/merged/$SHIPLINE_TASK${settings%/*}/merged.yml}
keep() { [ -z "$kept" ] || [ ! -d "$TMPDIR" ] || { mkdir -p "${kept%/*}" && mv -f "$1" "$kept"; } 2>/dev/null || :; }
has() { [ -n "$kept" ] && [ -f "$kept" ]; }
rendered() { if has; then cat "$kept"; else "$@" config; fi; }
images() {
  if has && listed=$(awk '/^[^ ]/ { within = /^services:/ } within && /^    image: / {
    sub(/^    image: */, ""); gsub(/^["\047]|["\047]$/, ""); print }' "$kept") && [ -n "$listed" ]
  then printf '%s\n' "$listed"; else "$@" config --images; fi
}
"""
"""Shell functions for programs that have `settings`, a file in the release's folder: `keep file` keeps a merged file, by moving it there;
`rendered program words…` prints it, and `images program words…` the images in it, by calling Compose where none is kept.
"""

FORGET_MERGED_FILE = r"""
[ -z "${SHIPLINE_TASK:-}" ] || rm -rf "${TMPDIR:-/tmp}/merged/$SHIPLINE_TASK$folder"
"""
"""A shell program: what was rendered of the release in `folder` counts no more."""
