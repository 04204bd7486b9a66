"""Upstream's keyword arguments, from aws-cdk-lib 2.275.0. Made by scripts/generate_options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from typing_extensions import Required, TypedDict

if TYPE_CHECKING:
    import aws_cdk
    from aws_cdk import aws_cloudwatch, aws_ec2, aws_iam, aws_kms
    from aws_cdk.interfaces import aws_ec2 as interfaces_aws_ec2


class VolumeOptions(TypedDict, total=False):
    """Keyword arguments of ``Volume``."""

    availability_zone: Required[str]
    auto_enable_io: bool | None
    enable_multi_attach: bool | None
    encrypted: bool | None
    encryption_key: aws_kms.IKey | aws_kms.Key | None
    iops: float | None
    removal_policy: aws_cdk.RemovalPolicy | None
    snapshot_id: str | None
    throughput: float | None
    volume_name: str | None
    volume_type: aws_ec2.EbsDeviceVolumeType | None


class LaunchTemplateOptions(TypedDict, total=False):
    """Keyword arguments of ``LaunchTemplate``."""

    associate_public_ip_address: bool | None
    cpu_credits: aws_ec2.CpuCredits | None
    cpu_options: aws_ec2.LaunchTemplateCpuOptions | dict[str, Any] | None
    detailed_monitoring: bool | None
    disable_api_termination: bool | None
    ebs_optimized: bool | None
    hibernation_configured: bool | None
    http_endpoint: bool | None
    http_protocol_ipv6: bool | None
    http_put_response_hop_limit: float | None
    http_tokens: aws_ec2.LaunchTemplateHttpTokens | None
    instance_initiated_shutdown_behavior: aws_ec2.InstanceInitiatedShutdownBehavior | None
    instance_metadata_tags: bool | None
    instance_profile: aws_iam.IInstanceProfile | aws_iam.InstanceProfile | None
    instance_type: aws_ec2.InstanceType | None
    key_name: str | None
    key_pair: aws_ec2.IKeyPair | aws_ec2.KeyPair | None
    launch_template_name: str | None
    machine_image: aws_ec2.IMachineImage | aws_ec2.MachineImage | None
    nitro_enclave_enabled: bool | None
    placement_group: interfaces_aws_ec2.IPlacementGroupRef | None
    require_imdsv2: bool | None
    role: aws_iam.IRole | aws_iam.Role | None
    security_group: aws_ec2.ISecurityGroup | aws_ec2.SecurityGroup | None
    spot_options: aws_ec2.LaunchTemplateSpotOptions | dict[str, Any] | None
    user_data: aws_ec2.UserData | None
    version_description: str | None


class MetricOptions(TypedDict, total=False):
    """Keyword arguments of ``MetricOptions``."""

    account: str | None
    color: str | None
    dimensions_map: Mapping[str, str] | None
    id: str | None
    label: str | None
    period: aws_cdk.Duration | None
    region: str | None
    stack_account: str | None
    stack_region: str | None
    statistic: str | None
    unit: aws_cloudwatch.Unit | None
    visible: bool | None


class InstanceOptions(TypedDict, total=False):
    """Keyword arguments of ``Instance``."""

    instance_type: Required[aws_ec2.InstanceType]
    machine_image: Required[aws_ec2.IMachineImage | aws_ec2.MachineImage]
    vpc: Required[aws_ec2.IVpc | aws_ec2.Vpc]
    allow_all_ipv6_outbound: bool | None
    allow_all_outbound: bool | None
    associate_public_ip_address: bool | None
    availability_zone: str | None
    credit_specification: aws_ec2.CpuCredits | None
    detailed_monitoring: bool | None
    disable_api_termination: bool | None
    ebs_optimized: bool | None
    enclave_enabled: bool | None
    hibernation_enabled: bool | None
    http_endpoint: bool | None
    http_protocol_ipv6: bool | None
    http_put_response_hop_limit: float | None
    http_tokens: aws_ec2.HttpTokens | None
    init: aws_ec2.CloudFormationInit | None
    init_options: aws_ec2.ApplyCloudFormationInitOptions | dict[str, Any] | None
    instance_initiated_shutdown_behavior: aws_ec2.InstanceInitiatedShutdownBehavior | None
    instance_metadata_tags: bool | None
    instance_name: str | None
    instance_profile: aws_iam.IInstanceProfile | aws_iam.InstanceProfile | None
    ipv6_address_count: float | None
    key_name: str | None
    key_pair: aws_ec2.IKeyPair | aws_ec2.KeyPair | None
    placement_group: interfaces_aws_ec2.IPlacementGroupRef | None
    private_ip_address: str | None
    propagate_tags_to_volume_on_creation: bool | None
    resource_signal_timeout: aws_cdk.Duration | None
    role: aws_iam.IRole | aws_iam.Role | None
    security_group: aws_ec2.ISecurityGroup | aws_ec2.SecurityGroup | None
    source_dest_check: bool | None
    ssm_session_permissions: bool | None
    user_data: aws_ec2.UserData | None
    user_data_causes_replacement: bool | None
    vpc_subnets: aws_ec2.SubnetSelection | dict[str, Any] | None
