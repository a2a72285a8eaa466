"""The line to a source, the same for every CRM: keys, tries, rates, quotas, outages, the server's clock."""
