"""What is made afterwards, of saved records alone: tables, comparisons, pages."""
