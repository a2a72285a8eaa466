"""The objects about companies and business with them: Account, Opportunity, Territory_Plan__c.

Belongs here: their fields. Does not: people (`sandbox.salesforce.schema.people`).
"""

from sandbox.salesforce.org import SObjectType
from sandbox.salesforce.schema import fields as f

INDUSTRIES = ("Banking", "Biotechnology", "Construction", "Education", "Energy", "Healthcare", "Media", "Retail",
              "Software & IT", "Telecommunications", "Other")  # fmt: skip
SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
RATINGS = ("Hot", "Warm", "Cold")

ACCOUNT = SObjectType(
    "Account", "Account", "Accounts", "001",
    (
        *f.IDENTITY,
        f.reference("MasterRecordId", "Account"),
        f.required(f.text("Name")),
        f.picklist("Type", "Prospect", "Customer - Direct", "Customer - Channel", "Partner", "Other"),
        f.reference("ParentId", "Account"),
        *f.address("Billing"),
        *f.address("Shipping"),
        f.phone("Phone"),
        f.phone("Fax"),
        f.text("AccountNumber", 40),
        f.url("Website"),
        f.picklist("Industry", *INDUSTRIES),
        f.currency("AnnualRevenue"),
        f.integer("NumberOfEmployees"),
        f.picklist("Ownership", "Public", "Private", "Subsidiary", "Other"),
        f.textarea("Description"),
        f.picklist("Rating", *RATINGS),
        f.text("Site", 80),
        f.required(f.reference("OwnerId", "User")),
        *f.AUDIT,
        f.date("LastActivityDate"),
        f.picklist("AccountSource", *SOURCES),
        f.external_id(f.text("ERP_Number__c", 40)),
        f.number("Health_Score__c"),
        f.currency("Contract_Value__c"),
        f.percent("Discount__c"),
        f.checkbox("Is_Strategic__c"),
        f.date("Renewal_Date__c"),
        f.moment("Last_Enriched__c"),
        f.picklist("Tier__c", "A", "B", "C", "None"),
        f.multipicklist("Products_Owned__c", "Dialer", "Coaching", "Data", "API", "N/A"),
        f.textarea("Account_Plan__c", 131_072),
        f.formula(f.number("Revenue_Per_Employee__c")),
        f.reference("Executive_Sponsor__c", "User"),
    ),
)  # fmt: skip

OPPORTUNITY = SObjectType(
    "Opportunity", "Opportunity", "Opportunities", "006",
    (
        *f.IDENTITY,
        f.reference("AccountId", "Account"),
        f.required(f.text("Name", 120)),
        f.textarea("Description"),
        f.required(f.picklist("StageName", "Prospecting", "Qualification", "Needs Analysis", "Proposal/Price Quote",
                              "Negotiation/Review", "Closed Won", "Closed Lost")),
        f.currency("Amount"),
        f.percent("Probability"),
        f.formula(f.currency("ExpectedRevenue")),
        f.number("TotalOpportunityQuantity"),
        f.required(f.date("CloseDate")),
        f.picklist("Type", "New Customer", "Existing Customer - Upgrade", "Existing Customer - Replacement"),
        f.text("NextStep"),
        f.picklist("LeadSource", *SOURCES),
        f.read_only(f.checkbox("IsClosed")),
        f.read_only(f.checkbox("IsWon")),
        f.required(f.picklist("ForecastCategory", "Omitted", "Pipeline", "BestCase", "Forecast", "Closed")),
        f.reference("ContactId", "Contact"),
        f.required(f.reference("OwnerId", "User")),
        *f.AUDIT,
        f.date("LastActivityDate"),
        f.read_only(f.integer("FiscalYear")),
        f.external_id(f.text("Quote_Number__c", 40)),
        f.number("Seats__c", 0),
        f.currency("ARR__c"),
        f.percent("Margin__c"),
        f.checkbox("Legal_Approved__c"),
        f.date("Start_Date__c"),
        f.moment("Demo_At__c"),
        f.picklist("Loss_Reason__c", "Price", "Timing", "Competitor", "No Decision", "NULL"),
        f.multipicklist("Competitors__c", "Alpha", "Beta", "Gamma", "None"),
        f.textarea("Decision_Criteria__c"),
        f.formula(f.text("Segment__c")),
        f.reference("Sales_Engineer__c", "User"),
    ),
)  # fmt: skip

TERRITORY_PLAN = SObjectType(
    "Territory_Plan__c", "Territory Plan", "Territory Plans", "a0B",
    (
        *f.IDENTITY,
        f.required(f.text("Name", 80)),
        f.required(f.reference("OwnerId", "User")),
        *f.AUDIT,
        f.reference("Account__c", "Account"),
        f.text("Region__c"),
        f.number("Coverage__c"),
        f.currency("Quota__c"),
        f.percent("Attainment__c"),
        f.checkbox("Approved__c"),
        f.date("Effective_From__c"),
        f.moment("Reviewed_At__c"),
        f.picklist("Status__c", "Draft", "Submitted", "Approved", "Rejected"),
        f.multipicklist("Segments__c", "SMB", "Mid-Market", "Enterprise", "Public Sector"),
        f.textarea("Comments__c"),
        f.url("Map__c"),
        f.email("Reviewer_Email__c"),
        f.phone("Hotline__c"),
        f.formula(f.currency("Gap__c")),
    ),
    custom=True,
)  # fmt: skip
