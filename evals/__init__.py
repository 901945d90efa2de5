"""Are the judges right? Labelled cases, and what is fitted on them."""
