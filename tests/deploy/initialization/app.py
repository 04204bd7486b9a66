"""What watches over volumes that are made elsewhere: the emulator's CloudFormation makes none itself."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

import constructs_ebs as ebs

if __name__ == "__main__":
    app = cdk.App()
    stack = cdk.Stack(app, "Initialization", env=cdk.Environment(region="us-east-1"))
    pages, announced = sqs.Queue(stack, "Pages"), sqs.Queue(stack, "Announced")
    pager = sns.Topic(stack, "Pager")
    pager.add_subscription(subscriptions.SqsSubscription(pages, raw_message_delivery=True))

    warm = ebs.InitializationWait(
        stack,
        "Warm",
        volume=app.node.get_context("volume"),
        snapshot_data=500,
        volume_initialization_rate=300,
    )
    after = sqs.Queue(stack, "After")
    after.node.add_dependency(warm)
    late = ebs.InitializationAlarm(stack, "Late", volume=app.node.get_context("late"), deadline=cdk.Duration.minutes(1))
    late.add_alarm_action(actions.SnsAction(pager))
    ebs.on_volume_initialized(stack, "Tagged", tags={"team": "db"}, target=targets.SqsQueue(announced))

    outputs = {"VolumeId": warm.volume_id, "Pages": pages.queue_url, "Announced": announced.queue_url}
    for name, value in outputs.items():
        cdk.CfnOutput(stack, f"{name}Output", value=value).override_logical_id(name)
    app.synth()
