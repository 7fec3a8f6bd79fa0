"""No data: shapes are made of thought."""
