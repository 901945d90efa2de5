"""Every word a model is told: one Markdown file each, rendered strictly."""
