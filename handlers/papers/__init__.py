"""What people get on paper: receipts and invoices, as pages, PDF files and letters."""
