"""What every surface shows alike: wording, formulas, pictures, reports."""
