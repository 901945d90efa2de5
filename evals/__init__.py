"""Are the judges right? Labelled cases, and the harness that runs the judges on them."""
