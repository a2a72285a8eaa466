"""Delivery: each recorded call becomes one activity in each CRM of its workspace, and one message to each webhook.

Belongs here: the outbox, what an activity says, the loop that sends batches, webhooks. Does not: how a CRM is written
(`crm.activities`).
"""
