"""Which table each object of the sandbox's org becomes."""

TABLES = {
    "Account": "accounts",
    "Contact": "contacts",
    "Lead": "leads",
    "Opportunity": "opportunities",
    "User": "users",
    "Task": "activities",
    "Territory_Plan__c": "custom_objects",
}
