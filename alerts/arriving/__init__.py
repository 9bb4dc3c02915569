"""What a provider tells later of a message to a patient or carer."""
