"""Names, tags and policies of what a stack makes or refers to."""

from ..findings import Rule
from .sources import API, TEMPLATES

_TAG = API + "Tag.html"
_RESTRICTIONS = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html"

ESTABLISHED_ELSEWHERE = (
    Rule(
        code="ResourceIdMalformed",
        requirement="must be {expected}",
        advice="correct it",
        source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html",
    ),
    Rule(
        code="RemovalPolicyNotSupported",
        requirement="must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE",
        advice="give one of them",
        source=TEMPLATES + "aws-attribute-deletionpolicy.html",
    ),
    Rule(code="TagsTooMany", requirement="must be {max} at most", advice="omit some", source=_RESTRICTIONS),
    Rule(
        code="TagKeyMalformed",
        subject="a key of {prop}",
        requirement="must be of 1 to {max} characters that begin with neither aws: nor constructs-ebs:",
        advice="choose another",
        source=_TAG,
    ),
    Rule(
        code="TagValueTooLong",
        requirement="must be of at most {max} characters",
        advice="shorten it",
        source=_TAG,
    ),
    Rule(
        code="TagsBesideVolume",
        requirement="must be omitted beside volume",
        advice="omit one of them",
        source="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html",
    ),
    Rule(
        code="KnownAtDeploymentOnly",
        requirement="must be {expected}",
        given="a value known at deployment",
        advice="give what is known at synth",
        source="https://docs.aws.amazon.com/cdk/v2/guide/tokens.html",
    ),
)
