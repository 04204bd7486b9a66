"""Runs the code blocks of the README and of the pages in docs, each page by itself."""

from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser


def given(namespace: dict[str, Any]) -> None:
    """Give a page the app, the stack and the VPC that its examples are about."""
    import aws_cdk as cdk
    from aws_cdk import aws_ec2 as ec2

    namespace["app"] = cdk.App(builtin_cloud_formation_validation=False)
    namespace["stack"] = cdk.Stack(namespace["app"], "Restore")
    namespace["vpc"] = ec2.Vpc(namespace["stack"], "Vpc")


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()],
    patterns=["README.md", "docs/*.md"],
    excludes=["docs/rules.md"],  # its examples, half of which raise, are run where it is made
    setup=given,
).pytest()
