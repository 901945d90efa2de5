"""What there is to know: notes with rubrics, and the search that finds them."""
