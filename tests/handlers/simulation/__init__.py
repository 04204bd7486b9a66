"""A seeded simulation of EC2, Step Functions, CloudFormation and CDK's provider framework, and what judges it.

A seed makes a schedule: what a team deploys, what goes wrong, what others do meanwhile. ``simulate(kind, seed)`` runs
the handlers through it in simulated time, below boto3, and returns what broke a promise.

    timeline         simulated time
    faults           what goes wrong, by seed
    network          what botocore sends to, and what it gets back
    ec2, executions  what EC2 and Step Functions do
    cloudformation   stacks: events, rollbacks, cleanup, nested stacks
    framework        CDK's provider framework, which calls the handlers
    lambdas          the handlers, loaded anew, killed where the seed says so
    kinds            what one resource type is given, what others own, and what must be true of it at the end
    schedules        what a team does with its stack, by seed
    report           a schedule, so that a person can read it
"""
