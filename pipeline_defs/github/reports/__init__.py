"""Reports: what GitHub is told about runs, as items that can be compared and repeated without harm. Nothing here starts a job."""
