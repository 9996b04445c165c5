"""What is generated from `contracts/`: the JSON schema, the page's types, and the limits in the security rules."""
