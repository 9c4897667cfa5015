"""Row counts: the copy has the rows of the backup, table by table."""

PROVE = """
prove() {
  awk -F '\\t' -v expected="$1" '
    BEGIN { while ((getline line <expected) > 0) { split(line, part, FS)
              low[part[1]] = part[2] + 0; high[part[1]] = (part[3] == "" ? part[2] : part[3]) + 0; tables++
              if (low[part[1]] > high[part[1]]) { swap = low[part[1]]; low[part[1]] = high[part[1]]; high[part[1]] = swap } } }
    NF && !($1 in low) { print "the copy has a table " $1 " that the backup has not"; bad++; next }
    NF { if ($2 + 0 < low[$1] || $2 + 0 > high[$1]) {
           print "the table " $1 " has " low[$1] " rows in the backup and " $2 " in the copy"; bad++ }
         delete low[$1]; n += $2 }
    END { for (table in low) { print "the copy lacks the table " table " with " low[table] " rows"; bad++ }
          if (bad) exit 1
          printf "all %d tables have as many rows as in production, %.0f in all\\n", tables, n }' "$2" >"$2.said" || {
    cat "$2.said" >&2; rm -f "$2" "$2.said"; return 1; }
  cat "$2.said"; rm -f "$2" "$2.said"
}
"""
"""A shell function: `prove expected found`, files of `table<TAB>rows`; a third column makes the rows a range. Removes `found`."""
