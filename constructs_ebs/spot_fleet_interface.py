"""What a spot fleet of this app and an imported one have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._upstream.options import MetricOptions


class ISpotFleet(cdk.Resource):
    """A spot fleet: a ``SpotFleet`` of this app, or one that ``SpotFleet.from_spot_fleet_id`` imports."""

    @property
    @abstractmethod
    def spot_fleet_id(self) -> str:
        """The id of the Spot Fleet request, ``sfr-`` and a UUID."""

    @property
    @abstractmethod
    def connections(self) -> ec2.Connections:
        """The network connections of the instances, by every security group that is known."""

    @property
    @abstractmethod
    def grant_principal(self) -> iam.IPrincipal:
        """The principal of the instances."""

    @property
    def spot_fleet_arn(self) -> str:
        """The ARN of the Spot Fleet request."""
        return self.stack.format_arn(service="ec2", resource="spot-fleet-request", resource_name=self.spot_fleet_id)

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Let somebody do these actions on the request, ``ec2:ModifySpotFleetRequest`` for one."""
        return iam.Grant.add_to_principal(grantee=grantee, actions=[*actions], resource_arns=[self.spot_fleet_arn])

    def metric(self, metric_name: str, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return a metric of the fleet in the AWS/EC2Spot namespace, by default its average over 5 minutes.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-cloudwatch-metrics.html
        """
        options: dict[str, Any] = {"statistic": "Average", **props}
        options["dimensions_map"] = {
            **(options.get("dimensions_map") or {}),
            "FleetRequestId": self.spot_fleet_id,
        }
        return cloudwatch.Metric(namespace="AWS/EC2Spot", metric_name=metric_name, **options).attach_to(self)

    def metric_target_capacity(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The target capacity, in units."""
        return self.metric("TargetCapacity", **props)

    def metric_fulfilled_capacity(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The capacity that EC2 has launched, in units."""
        return self.metric("FulfilledCapacity", **props)

    def metric_pending_capacity(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The difference of target and fulfilled capacity, in units."""
        return self.metric("PendingCapacity", **props)

    def metric_terminating_capacity(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The capacity that is being terminated, in units."""
        return self.metric("TerminatingCapacity", **props)

    def metric_available_instance_pools_count(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The number of pools in the request."""
        return self.metric("AvailableInstancePoolsCount", **props)

    def metric_eligible_instance_pool_count(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The number of pools that EC2 can launch from."""
        return self.metric("EligibleInstancePoolCount", **props)

    def metric_max_percent_capacity_allocation(self, **props: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The largest share of the capacity in one pool, in percent."""
        return self.metric("MaxPercentCapacityAllocation", **props)


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class ImportedSpotFleet(ISpotFleet):
    """A spot fleet of another app, as far as it is described."""

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
    """Return the principal of a role, or one that says that it is unknown."""
    return role.grant_principal if role else cast("iam.IPrincipal", iam.UnknownPrincipal(resource=fleet))
