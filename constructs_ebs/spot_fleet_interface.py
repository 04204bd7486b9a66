"""``ISpotFleet``, which a spot fleet of this app and an imported one have in common, and the imported one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from . import _upstream
from ._signatures import SpotFleetMetrics

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
else:
    cloudwatch = _upstream.LazyModule("aws_cdk.aws_cloudwatch")


class ISpotFleet(SpotFleetMetrics):
    """A spot fleet: a ``SpotFleet`` of this app, or one that ``SpotFleet.from_spot_fleet_id`` imports."""

    @property
    @abstractmethod
    def spot_fleet_id(self) -> str:
        """The id of the Spot Fleet request, ``sfr-`` and a UUID."""

    @property
    @abstractmethod
    def connections(self) -> ec2.Connections:
        """The network connections of the instances, through every security group that is known."""

    @property
    @abstractmethod
    def grant_principal(self) -> iam.IPrincipal:
        """The principal of the instances."""

    @property
    def spot_fleet_arn(self) -> str:
        """The ARN of the Spot Fleet request."""
        return self.stack.format_arn(service="ec2", resource="spot-fleet-request", resource_name=self.spot_fleet_id)

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Grant these actions on the request, such as ``ec2:ModifySpotFleetRequest``."""
        return iam.Grant.add_to_principal(grantee=grantee, actions=[*actions], resource_arns=[self.spot_fleet_arn])

    def _metric(self, metric_name: str, options: dict[str, Any]) -> cloudwatch.Metric:
        given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
        dimensions = {**given.pop("dimensions_map", {}), "FleetRequestId": self.spot_fleet_id}
        given = {"namespace": "AWS/EC2Spot", "metric_name": metric_name, "statistic": "Average", **given}
        return cloudwatch.Metric(dimensions_map=dimensions, **given).attach_to(self)


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class ImportedSpotFleet(ISpotFleet):
    """An imported spot fleet, as far as its attributes are known."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        spot_fleet_id: str,
        security_groups: Sequence[ec2.ISecurityGroup | ec2.SecurityGroup] | None = None,
        role: iam.IRole | iam.Role | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._id, self._security_groups, self._role = spot_fleet_id, security_groups, role

    @property
    def spot_fleet_id(self) -> str:
        return self._id

    @property
    def connections(self) -> ec2.Connections:
        if not self._security_groups:
            raise ValueError("import the fleet by from_spot_fleet_attributes, with security_groups, to connect to it")
        groups: Any = self._security_groups
        return ec2.Connections(security_groups=groups)

    @property
    def grant_principal(self) -> iam.IPrincipal:
        return principal_of(self, self._role)


def principal_of(fleet: ISpotFleet, role: iam.IRole | iam.Role | None) -> iam.IPrincipal:
    """Return the principal of a role, or an unknown principal without a role."""
    return role.grant_principal if role else cast("iam.IPrincipal", iam.UnknownPrincipal(resource=fleet))
