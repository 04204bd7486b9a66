"""Rules about ids, zones, tags and removal policies of what a stack makes or refers to."""

from ..problems import Rule
from .sources import API, TEMPLATES

_TAG = API + "Tag.html"
_RESTRICTIONS = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html"

ESTABLISHED_ELSEWHERE = (
    Rule(
        "ResourceIdMalformed",
        "must be {expected}",
        "{fix}",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html",
    ),
    Rule(
        "ConstructIdTaken",
        "must be one that no other construct in {scope} has",
        "choose another",
        "https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html",
        subject="id",
    ),
    Rule(
        "SubnetZoneRequired",
        "must select subnets whose Availability Zones are known",
        "import it with ec2.Subnet.from_subnet_attributes(..., availability_zone=...)",
        TEMPLATES + "aws-resource-ec2-instance.html",
        given="{subnet}, imported without its own",
    ),
    Rule(
        "RemovalPolicyNotSupported",
        "must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE",
        "give one of them",
        TEMPLATES + "aws-attribute-deletionpolicy.html",
    ),
    Rule("TagsTooMany", "must be at most {max}", "omit some", _RESTRICTIONS),
    Rule(
        "TagKeyMalformed",
        "must have 1 to {max} characters and begin with neither aws: nor constructs-ebs:",
        "choose another",
        _TAG,
        subject="a key of {prop}",
    ),
    Rule("TagValueTooLong", "must have at most {max} characters", "shorten it", _TAG),
    Rule(
        "TagsBesideVolume",
        "must be omitted with volume",
        "omit one of them",
        "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html",
    ),
)
