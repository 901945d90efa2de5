"""What is learned: the cross-encoder of the embedded judge, and the heads and thresholds fitted on labelled cases."""
