"""Runs ministack with what it lacks; its own interpreter runs this file.

- Its state machines call its EC2 within its process, where neither doubles nor faults meet them: here they ask through
  the proxy, as the functions do.
- A nested stack does not say which stack it is nested in, nor that it is being deleted; nor does a custom resource that
  was replaced or whose nested stack is deleted.
"""

import asyncio
import os
from contextlib import closing
from http.client import HTTPConnection, RemoteDisconnected
from urllib.parse import urlsplit

from ministack import app
from ministack.services.cloudformation import custom_resource, handlers, provisioners, stacks

SIGNED_BY_STATES = "Credential=test/20260101/"  # how ministack signs what its state machines ask
LOST = b"<Response><Error><Code>Unavailable</Code><Message>The answer was lost.</Message></Error></Response>"
PROXY = urlsplit(os.environ["AWS_ENDPOINT_URL_EC2"]).netloc
ministacks_ec2 = app.SERVICE_HANDLERS["ec2"]


async def ec2(method, path, headers, body, query):
    """Answer a request to EC2."""
    if SIGNED_BY_STATES in headers.get("authorization", ""):
        return await asyncio.to_thread(ask_proxy, headers["authorization"], body)
    return await ministacks_ec2(method, path, headers, body, query)


def ask_proxy(signature, body):
    """Ask as a caller with the account's key would."""
    signed = {"Authorization": signature.replace("test", os.environ["AWS_ACCESS_KEY_ID"], 1)}
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    with closing(HTTPConnection(PROXY, timeout=60)) as proxy:
        proxy.request("POST", "/", body + b"&Version=2016-11-15", signed | form)
        try:
            answer = proxy.getresponse()
        except RemoteDisconnected:
            return 503, {}, LOST
        return answer.status, dict(answer.headers), answer.read()


def delete_nested_stack(stack_id, properties):
    """Delete a nested stack, and say so in its events."""
    name = stack_id.split("/")[1]
    stacks._add_event(stack_id, name, name, NESTED_STACK, "DELETE_IN_PROGRESS", physical_id=stack_id)
    ministacks_delete(stack_id, properties)


def invoke_custom_resource(request, name, properties, stack, stack_id, kind, **more):
    """Send a custom resource's request, after the event for its deletion."""
    if request == "Delete":
        stacks._add_event(stack_id, stack, name, kind, "DELETE_IN_PROGRESS", physical_id=more["physical_id"])
    return ministacks_invocation(request, name, properties, stack, stack_id, kind, **more)


def describe_more_of_a_stack(stack):
    """Return some of the XML that describes a stack, with its parent."""
    parent = f"<ParentId>{stack['ParentId']}</ParentId>" if "ParentId" in stack else ""
    return parent + ministacks_description(stack)


NESTED_STACK = "AWS::CloudFormation::Stack"
nested_stacks = provisioners._RESOURCE_HANDLERS[NESTED_STACK]
ministacks_delete, nested_stacks["delete"] = nested_stacks["delete"], delete_nested_stack
ministacks_description = handlers._stack_drift_information_xml
handlers._stack_drift_information_xml = describe_more_of_a_stack
ministacks_invocation = custom_resource.invoke_custom_resource
custom_resource.invoke_custom_resource = invoke_custom_resource
app.SERVICE_HANDLERS["ec2"] = ec2
app.main()
