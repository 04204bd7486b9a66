"""The arguments of upstream's constructors and metrics, and ours: names, types and documentation.

Made by scripts/generate_signatures from aws-cdk-lib 2.275.0: change that script, and never this file.
"""
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from constructs import Construct

from ._upstream import ConstructorSignature, LazyModule, check_known, explains
from .block_device import BlockDevice
from .initialization_rate import InitializationRate

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk.interfaces import aws_ec2 as interfaces_ec2
else:
    cdk = LazyModule("aws_cdk")
    cloudwatch = LazyModule("aws_cdk.aws_cloudwatch")
    ec2 = LazyModule("aws_cdk.aws_ec2")
    iam = LazyModule("aws_cdk.aws_iam")
    kms = LazyModule("aws_cdk.aws_kms")
    interfaces_ec2 = LazyModule("aws_cdk.interfaces.aws_ec2")


class VolumeSignature(ec2.Volume):
    """What ``Volume`` takes: upstream's arguments and ours."""

    __signature__ = ConstructorSignature()

    @explains()
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        availability_zone: str,
        volume_initialization_rate: InitializationRate | cdk.Size | float | cdk.IResolvable | None = None,
        size: cdk.Size | float | cdk.IResolvable | None = None,
        auto_enable_io: bool | None = None,
        enable_multi_attach: bool | None = None,
        encrypted: bool | None = None,
        encryption_key: kms.IKey | kms.Key | None = None,
        iops: float | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
        snapshot_id: str | None = None,
        throughput: float | None = None,
        volume_name: str | None = None,
        volume_type: ec2.EbsDeviceVolumeType | None = None,
    ) -> None:
        """Create a volume.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            availability_zone: The Availability Zone in which to create the volume.
            volume_initialization_rate: MiB/s at which the snapshot's blocks are fetched, 100 to 300, whole: an ``InitializationRate``, an int, a ``Size`` (per second) or a token. Needs ``snapshot_id``; not in Local Zones and Wavelength Zones. With it, fast snapshot restore is not used. A change for a volume that exists may fail the update: give a new volume a new ``id``. Default: EC2's variable rate.
            size: GiB, an int or a ``Size``. Less than the snapshot's is raised to it. Default: the snapshot's.
            auto_enable_io: Indicates whether the volume is auto-enabled for I/O operations. By default, Amazon EBS disables I/O to the volume from attached EC2 instances when it determines that a volume's data is potentially inconsistent. If the consistency of the volume is not a concern, and you prefer that the volume be made available immediately if it's impaired, you can configure the volume to automatically enable I/O. Default: false
            enable_multi_attach: Indicates whether Amazon EBS Multi-Attach is enabled. See `Considerations and limitations <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ebs-volumes-multi.html#considerations>`_ for the constraints of multi-attach. Default: false
            encrypted: Specifies whether the volume should be encrypted. The effect of setting the encryption state to true depends on the volume origin (new or from a snapshot), starting encryption state, ownership, and whether encryption by default is enabled. For more information, see `Encryption by Default <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/EBSEncryption.html#encryption-by-default>`_ in the Amazon Elastic Compute Cloud User Guide. Encrypted Amazon EBS volumes must be attached to instances that support Amazon EBS encryption. For more information, see `Supported Instance Types <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/EBSEncryption.html#EBSEncryption_supported_instances>`_. Default: false
            encryption_key: The customer-managed encryption key that is used to encrypt the Volume. The encrypted property must be true if this is provided. Note: If using an ``aws-kms.IKey`` created from a ``aws-kms.Key.fromKeyArn()`` here, then the KMS key **must** have the following in its Key policy; otherwise, the Volume will fail to create:: { "Effect": "Allow", "Principal": { "AWS": "<arn for your account-user> ex: arn:aws:iam::00000000000:root" }, "Resource": "*", "Action": [ "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlainText", ], "Condition": { "StringEquals": { "kms:ViaService": "ec2.<Region>.amazonaws.com", (eg: ec2.us-east-1.amazonaws.com) "kms:CallerAccount": "0000000000" (your account ID) } } } Default: The default KMS key for the account, region, and EC2 service is used.
            iops: The number of I/O operations per second (IOPS) to provision for the volume. The maximum ratio is 50 IOPS/GiB for PROVISIONED_IOPS_SSD, and 500 IOPS/GiB for both PROVISIONED_IOPS_SSD_IO2 and GENERAL_PURPOSE_SSD_GP3. See https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-volume.html for more information. This parameter is valid only for PROVISIONED_IOPS_SSD, PROVISIONED_IOPS_SSD_IO2 and GENERAL_PURPOSE_SSD_GP3 volumes. Default: None -- Required for io1 and io2 volumes. The default for gp3 volumes is 3,000 IOPS if omitted.
            removal_policy: Policy to apply when the volume is removed from the stack. Default: RemovalPolicy.RETAIN
            snapshot_id: The snapshot from which to create the volume. You must specify either a snapshot ID or a volume size. Default: The EBS volume is not created from a snapshot.
            throughput: The throughput that the volume supports, in MiB/s Takes a minimum of 125 and maximum of 2000. Default: 125 MiB/s. Only valid on gp3 volumes.
            volume_name: The value of the physicalName property of this resource. Default: The physical name will be allocated by CloudFormation at deployment time
            volume_type: The type of the volume; what type of storage to use to form the EBS Volume. Default: ``EbsDeviceVolumeType.GENERAL_PURPOSE_SSD``

        Raises:
            EbsValidationError: for everything that EC2 would refuse, all at once; codes in ``.codes``.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
        """
        arguments = {
            "availability_zone": availability_zone,
            "volume_initialization_rate": volume_initialization_rate,
            "size": size,
            "auto_enable_io": auto_enable_io,
            "enable_multi_attach": enable_multi_attach,
            "encrypted": encrypted,
            "encryption_key": encryption_key,
            "iops": iops,
            "removal_policy": removal_policy,
            "snapshot_id": snapshot_id,
            "throughput": throughput,
            "volume_name": volume_name,
            "volume_type": volume_type,
        }
        self._create(scope, id, arguments)

    def _create(self, scope: Construct, id: str, arguments: dict[str, Any]) -> None:
        """Check what was given, and make the construct."""
        raise NotImplementedError


class LaunchTemplateSignature(ec2.LaunchTemplate):
    """What ``LaunchTemplate`` takes: upstream's arguments and ours."""

    __signature__ = ConstructorSignature()

    @explains()
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] | None = None,
        associate_public_ip_address: bool | None = None,
        cpu_credits: ec2.CpuCredits | None = None,
        cpu_options: ec2.LaunchTemplateCpuOptions | Mapping[str, Any] | None = None,
        detailed_monitoring: bool | None = None,
        disable_api_termination: bool | None = None,
        ebs_optimized: bool | None = None,
        hibernation_configured: bool | None = None,
        http_endpoint: bool | None = None,
        http_protocol_ipv6: bool | None = None,
        http_put_response_hop_limit: float | None = None,
        http_tokens: ec2.LaunchTemplateHttpTokens | None = None,
        instance_initiated_shutdown_behavior: ec2.InstanceInitiatedShutdownBehavior | None = None,
        instance_metadata_tags: bool | None = None,
        instance_profile: iam.IInstanceProfile | iam.InstanceProfile | None = None,
        instance_type: ec2.InstanceType | None = None,
        key_name: str | None = None,
        key_pair: ec2.IKeyPair | ec2.KeyPair | None = None,
        launch_template_name: str | None = None,
        machine_image: ec2.IMachineImage | None = None,
        nitro_enclave_enabled: bool | None = None,
        placement_group: interfaces_ec2.IPlacementGroupRef | None = None,
        require_imdsv2: bool | None = None,
        role: iam.IRole | iam.Role | None = None,
        security_group: ec2.ISecurityGroup | ec2.SecurityGroup | None = None,
        spot_options: ec2.LaunchTemplateSpotOptions | Mapping[str, Any] | None = None,
        user_data: ec2.UserData | None = None,
        version_description: str | None = None,
    ) -> None:
        """Create a launch template.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            block_devices: ours and upstream's, in any combination. An upstream device with a rate and no snapshot is taken for the image's own if it has a usual root device name. Those of an ``Ami`` that have rates and are not mapped here are added. Default: those of the AMI.
            associate_public_ip_address: Whether instances should have a public IP addresses associated with them. Default: Use subnet settings
            cpu_credits: CPU credit type for burstable EC2 instance types. Default: No credit type is specified in the Launch Template.
            cpu_options: The CPU options for the instance. Default: The CPU options are not specified in the launch template.
            detailed_monitoring: If set to true, then detailed monitoring will be enabled on instances created with this launch template. Default: False - Detailed monitoring is disabled.
            disable_api_termination: If you set this parameter to true, you cannot terminate the instances launched with this launch template using the Amazon EC2 console, CLI, or API; otherwise, you can. Default: The API termination setting is not specified in the Launch Template.
            ebs_optimized: Indicates whether the instances are optimized for Amazon EBS I/O. This optimization provides dedicated throughput to Amazon EBS and an optimized configuration stack to provide optimal Amazon EBS I/O performance. This optimization isn't available with all instance types. Additional usage charges apply when using an EBS-optimized instance. Default: EBS optimization is not specified in the launch template.
            hibernation_configured: If you set this parameter to true, the instance is enabled for hibernation. Default: Hibernation configuration is not specified in the launch template; defaulting to false.
            http_endpoint: Enables or disables the HTTP metadata endpoint on your instances. Default: true
            http_protocol_ipv6: Enables or disables the IPv6 endpoint for the instance metadata service. Default: true
            http_put_response_hop_limit: The desired HTTP PUT response hop limit for instance metadata requests. The larger the number, the further instance metadata requests can travel. Default: 1
            http_tokens: The state of token usage for your instance metadata requests. The default state is ``optional`` if not specified. However, if requireImdsv2 is true, the state must be ``required``. Default: LaunchTemplateHttpTokens.OPTIONAL
            instance_initiated_shutdown_behavior: Indicates whether an instance stops or terminates when you initiate shutdown from the instance (using the operating system command for system shutdown). Default: Shutdown behavior is not specified in the launch template; defaults to STOP.
            instance_metadata_tags: Set to enabled to allow access to instance tags from the instance metadata. Set to disabled to turn off access to instance tags from the instance metadata. Default: false
            instance_profile: The instance profile used to pass role information to EC2 instances. Note: You can provide an instanceProfile or a role, but not both. Default: No instance profile
            instance_type: Type of instance to launch. Default: This Launch Template does not specify a default Instance Type.
            key_name: (deprecated) Name of SSH keypair to grant access to instance. Default: No SSH access will be possible.
            key_pair: The SSH keypair to grant access to the instance. Default: No SSH access will be possible.
            launch_template_name: Name for this launch template. Default: Automatically generated name
            machine_image: The AMI that will be used by instances. Default: This Launch Template does not specify a default AMI.
            nitro_enclave_enabled: If this parameter is set to true, the instance is enabled for AWS Nitro Enclaves; otherwise, it is not enabled for AWS Nitro Enclaves. Default: Enablement of Nitro enclaves is not specified in the launch template; defaulting to false.
            placement_group: The placement group that you want to launch the instance into. Default: no placement group will be used for this launch template.
            require_imdsv2: Whether IMDSv2 should be required on launched instances. Default: false
            role: An IAM role to associate with the instance profile that is used by instances. The role must be assumable by the service principal ``ec2.amazonaws.com``. Note: You can provide an instanceProfile or a role, but not both. Default: No new role is created.
            security_group: Security group to assign to instances created with the launch template. Default: No security group is assigned.
            spot_options: If this property is defined, then the Launch Template's InstanceMarketOptions will be set to use Spot instances, and the options for the Spot instances will be as defined. Default: Instance launched with this template will not be spot instances.
            user_data: The user data to make available to the instance. Default: This Launch Template creates a UserData based on the type of provided machineImage; no UserData is created if a machineImage is not provided
            version_description: A description for the first version of the launch template. The version description must be maximum 255 characters long. Default: No description

        Raises:
            EbsValidationError: for everything that EC2 would refuse at launch, all at once; codes in ``.codes``.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
        """
        arguments = {
            "block_devices": block_devices,
            "associate_public_ip_address": associate_public_ip_address,
            "cpu_credits": cpu_credits,
            "cpu_options": cpu_options,
            "detailed_monitoring": detailed_monitoring,
            "disable_api_termination": disable_api_termination,
            "ebs_optimized": ebs_optimized,
            "hibernation_configured": hibernation_configured,
            "http_endpoint": http_endpoint,
            "http_protocol_ipv6": http_protocol_ipv6,
            "http_put_response_hop_limit": http_put_response_hop_limit,
            "http_tokens": http_tokens,
            "instance_initiated_shutdown_behavior": instance_initiated_shutdown_behavior,
            "instance_metadata_tags": instance_metadata_tags,
            "instance_profile": instance_profile,
            "instance_type": instance_type,
            "key_name": key_name,
            "key_pair": key_pair,
            "launch_template_name": launch_template_name,
            "machine_image": machine_image,
            "nitro_enclave_enabled": nitro_enclave_enabled,
            "placement_group": placement_group,
            "require_imdsv2": require_imdsv2,
            "role": role,
            "security_group": security_group,
            "spot_options": spot_options,
            "user_data": user_data,
            "version_description": version_description,
        }
        check_known(ec2.LaunchTemplate.__init__, arguments, {"cpu_options": "2.268"})
        self._create(scope, id, arguments)

    def _create(self, scope: Construct, id: str, arguments: dict[str, Any]) -> None:
        """Check what was given, and make the construct."""
        raise NotImplementedError


class InstanceSignature(ec2.Instance):
    """What ``Instance`` takes: upstream's arguments and ours."""

    __signature__ = ConstructorSignature()

    @explains()
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instance_type: ec2.InstanceType,
        machine_image: ec2.IMachineImage,
        vpc: ec2.IVpc | ec2.Vpc,
        block_devices: Sequence[BlockDevice | ec2.BlockDevice | Mapping[str, Any]] | None = None,
        spot_options: ec2.LaunchTemplateSpotOptions | Mapping[str, Any] | None = None,
        require_imdsv2: bool | None = None,
        allow_all_ipv6_outbound: bool | None = None,
        allow_all_outbound: bool | None = None,
        associate_public_ip_address: bool | None = None,
        availability_zone: str | None = None,
        credit_specification: ec2.CpuCredits | None = None,
        detailed_monitoring: bool | None = None,
        disable_api_termination: bool | None = None,
        ebs_optimized: bool | None = None,
        enclave_enabled: bool | None = None,
        hibernation_enabled: bool | None = None,
        http_endpoint: bool | None = None,
        http_protocol_ipv6: bool | None = None,
        http_put_response_hop_limit: float | None = None,
        http_tokens: ec2.HttpTokens | None = None,
        init: ec2.CloudFormationInit | None = None,
        init_options: ec2.ApplyCloudFormationInitOptions | Mapping[str, Any] | None = None,
        instance_initiated_shutdown_behavior: ec2.InstanceInitiatedShutdownBehavior | None = None,
        instance_metadata_tags: bool | None = None,
        instance_name: str | None = None,
        instance_profile: iam.IInstanceProfile | iam.InstanceProfile | None = None,
        ipv6_address_count: float | None = None,
        key_name: str | None = None,
        key_pair: ec2.IKeyPair | ec2.KeyPair | None = None,
        placement_group: interfaces_ec2.IPlacementGroupRef | None = None,
        private_ip_address: str | None = None,
        propagate_tags_to_volume_on_creation: bool | None = None,
        resource_signal_timeout: cdk.Duration | None = None,
        role: iam.IRole | iam.Role | None = None,
        security_group: ec2.ISecurityGroup | ec2.SecurityGroup | None = None,
        source_dest_check: bool | None = None,
        ssm_session_permissions: bool | None = None,
        user_data: ec2.UserData | None = None,
        user_data_causes_replacement: bool | None = None,
        vpc_subnets: ec2.SubnetSelection | Mapping[str, Any] | None = None,
    ) -> None:
        """Create an instance.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            instance_type: Type of instance to launch.
            machine_image: AMI to launch.
            vpc: VPC to launch the instance in.
            block_devices: ours and upstream's, in any combination. Those of an ``Ami`` that have rates and are not mapped here are added. Default: those of the AMI.
            spot_options: makes it a Spot Instance by a one-time request: its maximum price in USD an hour. An interruption terminates the instance. Default: an On-Demand Instance.
            require_imdsv2: whether the instance requires IMDSv2. Default: False.
            allow_all_ipv6_outbound: Whether the instance could initiate IPv6 connections to anywhere by default. This property is only used when you do not provide a security group. Default: false
            allow_all_outbound: Whether the instance could initiate connections to anywhere by default. This property is only used when you do not provide a security group. Default: true
            associate_public_ip_address: Whether to associate a public IP address to the primary network interface attached to this instance. You cannot specify this property and ``ipv6AddressCount`` at the same time. Default: public IP address is automatically assigned based on default behavior
            availability_zone: In which AZ to place the instance within the VPC. Default: Random zone.
            credit_specification: Specifying the CPU credit type for burstable EC2 instance types (T2, T3, T3a, etc). The unlimited CPU credit option is not supported for T3 instances with a dedicated host. Default: T2 instances are standard, while T3, T4g, and T3a instances are unlimited.
            detailed_monitoring: Whether "Detailed Monitoring" is enabled for this instance Keep in mind that Detailed Monitoring results in extra charges. Default: false
            disable_api_termination: If true, the instance will not be able to be terminated using the Amazon EC2 console, CLI, or API. To change this attribute after launch, use `ModifyInstanceAttribute <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html>`_. Alternatively, if you set InstanceInitiatedShutdownBehavior to terminate, you can terminate the instance by running the shutdown command from the instance. Default: false
            ebs_optimized: Indicates whether the instance is optimized for Amazon EBS I/O. This optimization provides dedicated throughput to Amazon EBS and an optimized configuration stack to provide optimal Amazon EBS I/O performance. This optimization isn't available with all instance types. Additional usage charges apply when using an EBS-optimized instance. Default: false
            enclave_enabled: Whether the instance is enabled for AWS Nitro Enclaves. Nitro Enclaves requires a Nitro-based virtualized parent instance with specific Intel/AMD with at least 4 vCPUs or Graviton with at least 2 vCPUs instance types and Linux/Windows host OS, while the enclave itself supports only Linux OS. You can't set both ``enclaveEnabled`` and ``hibernationEnabled`` to true on the same instance. Default: false
            hibernation_enabled: Whether the instance is enabled for hibernation. You can't set both ``enclaveEnabled`` and ``hibernationEnabled`` to true on the same instance. Default: false
            http_endpoint: Enables or disables the HTTP metadata endpoint on your instances. Default: true
            http_protocol_ipv6: Enables or disables the IPv6 endpoint for the instance metadata service. Default: false
            http_put_response_hop_limit: The desired HTTP PUT response hop limit for instance metadata requests. The larger the number, the further instance metadata requests can travel. Possible values: Integers from 1 to 64 Default: No default value specified by CloudFormation
            http_tokens: The state of token usage for your instance metadata requests. Set to 'required' to enforce IMDSv2. This is equivalent to using ``requireImdsv2: true``, but allows you to configure other metadata options alongside IMDSv2 enforcement. Default: The default is conditional based on the AMI and account-level settings: - If the AMI's ``ImdsSupport`` is ``v2.0`` and the account level default is ``no-preference``, the default is ``HttpTokens.REQUIRED`` - If the AMI's ``ImdsSupport`` is ``v2.0`` and the account level default is ``V1 or V2``, the default is ``HttpTokens.OPTIONAL`` - See https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html#instance-metadata-options-order-of-precedence
            init: Apply the given CloudFormation Init configuration to the instance at startup. Default: no CloudFormation init
            init_options: Use the given options for applying CloudFormation Init. Describes the configsets to use and the timeout to wait Default: default options
            instance_initiated_shutdown_behavior: Indicates whether an instance stops or terminates when you initiate shutdown from the instance (using the operating system command for system shutdown). Default: InstanceInitiatedShutdownBehavior.STOP
            instance_metadata_tags: Set to enabled to allow access to instance tags from the instance metadata. Set to disabled to turn off access to instance tags from the instance metadata. Default: false
            instance_name: The name of the instance. Default: CDK generated name
            instance_profile: The instance profile used to pass role information to EC2 instances. Note: You can provide an instanceProfile or a role, but not both. Default: No instance profile
            ipv6_address_count: The number of IPv6 addresses to associate with the primary network interface. Amazon EC2 chooses the IPv6 addresses from the range of your subnet. You cannot specify this property and ``associatePublicIpAddress`` at the same time. Default: For instances associated with an IPv6 subnet, use 1; otherwise, use 0.
            key_name: (deprecated) Name of SSH keypair to grant access to instance. Default: No SSH access will be possible.
            key_pair: The SSH keypair to grant access to the instance. Default: No SSH access will be possible.
            placement_group: The placement group that you want to launch the instance into. Default: no placement group will be used for this instance.
            private_ip_address: Defines a private IP address to associate with an instance. Private IP should be available within the VPC that the instance is build within. Default: no association
            propagate_tags_to_volume_on_creation: Propagate the EC2 instance tags to the EBS volumes. Default: false
            resource_signal_timeout: The length of time to wait for the resourceSignalCount. The maximum value is 43200 (12 hours). Default: Duration.minutes(5)
            role: An IAM role to associate with the instance profile assigned to this Auto Scaling Group. The role must be assumable by the service principal ``ec2.amazonaws.com``: Note: You can provide an instanceProfile or a role, but not both. Default: A role will automatically be created, it can be accessed via the ``role`` property
            security_group: Security Group to assign to this instance. Default: create new security group
            source_dest_check: Specifies whether to enable an instance launched in a VPC to perform NAT. This controls whether source/destination checking is enabled on the instance. A value of true means that checking is enabled, and false means that checking is disabled. The value must be false for the instance to perform NAT. Default: true
            ssm_session_permissions: Add SSM session permissions to the instance role. Setting this to ``true`` adds the necessary permissions to connect to the instance using SSM Session Manager. You can do this from the AWS Console. NOTE: Setting this flag to ``true`` may not be enough by itself. You must also use an AMI that comes with the SSM Agent, or install the SSM Agent yourself. See `Working with SSM Agent <https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent.html>`_ in the SSM Developer Guide. Default: false
            user_data: Specific UserData to use. The UserData may still be mutated after creation. Default: A UserData object appropriate for the MachineImage's Operating System is created.
            user_data_causes_replacement: Changes to the UserData force replacement. Depending the EC2 instance type, changing UserData either restarts the instance or replaces the instance. - Instance store-backed instances are replaced. - EBS-backed instances are restarted. By default, restarting does not execute the new UserData so you will need a different mechanism to ensure the instance is restarted. Setting this to ``true`` will make the instance's Logical ID depend on the UserData, which will cause CloudFormation to replace it if the UserData changes. Default: true if ``initOptions`` is specified, false otherwise.
            vpc_subnets: Where to place the instance within the VPC. Default: Private subnets.

        Raises:
            EbsValidationError: for everything that EC2 would refuse at launch, all at once; codes in ``.codes``.

        Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
        """
        arguments = {
            "instance_type": instance_type,
            "machine_image": machine_image,
            "vpc": vpc,
            "block_devices": block_devices,
            "spot_options": spot_options,
            "require_imdsv2": require_imdsv2,
            "allow_all_ipv6_outbound": allow_all_ipv6_outbound,
            "allow_all_outbound": allow_all_outbound,
            "associate_public_ip_address": associate_public_ip_address,
            "availability_zone": availability_zone,
            "credit_specification": credit_specification,
            "detailed_monitoring": detailed_monitoring,
            "disable_api_termination": disable_api_termination,
            "ebs_optimized": ebs_optimized,
            "enclave_enabled": enclave_enabled,
            "hibernation_enabled": hibernation_enabled,
            "http_endpoint": http_endpoint,
            "http_protocol_ipv6": http_protocol_ipv6,
            "http_put_response_hop_limit": http_put_response_hop_limit,
            "http_tokens": http_tokens,
            "init": init,
            "init_options": init_options,
            "instance_initiated_shutdown_behavior": instance_initiated_shutdown_behavior,
            "instance_metadata_tags": instance_metadata_tags,
            "instance_name": instance_name,
            "instance_profile": instance_profile,
            "ipv6_address_count": ipv6_address_count,
            "key_name": key_name,
            "key_pair": key_pair,
            "placement_group": placement_group,
            "private_ip_address": private_ip_address,
            "propagate_tags_to_volume_on_creation": propagate_tags_to_volume_on_creation,
            "resource_signal_timeout": resource_signal_timeout,
            "role": role,
            "security_group": security_group,
            "source_dest_check": source_dest_check,
            "ssm_session_permissions": ssm_session_permissions,
            "user_data": user_data,
            "user_data_causes_replacement": user_data_causes_replacement,
            "vpc_subnets": vpc_subnets,
        }
        self._create(scope, id, arguments)

    def _create(self, scope: Construct, id: str, arguments: dict[str, Any]) -> None:
        """Check what was given, and make the construct."""
        raise NotImplementedError


class SpotFleetMetrics(cdk.Resource):
    """The metrics of a spot fleet, each by default the average over 5 minutes.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-cloudwatch-metrics.html
    """

    @explains()
    def metric(
        self,
        metric_name: str,
        *,
        account: str | None = None,
        color: str | None = None,
        dimensions_map: Mapping[str, str] | None = None,
        id: str | None = None,
        label: str | None = None,
        period: cdk.Duration | None = None,
        region: str | None = None,
        stack_account: str | None = None,
        stack_region: str | None = None,
        statistic: str | None = None,
        unit: cloudwatch.Unit | None = None,
        visible: bool | None = None,
    ) -> cloudwatch.Metric:
        """Return a metric of the fleet in the AWS/EC2Spot namespace.

        Args:
            metric_name: the metric's name, such as ``TargetCapacity``.
            account: Account which this metric comes from. Default: Deployment account.
            color: The hex color code, prefixed with '#' (e.g. '#00ff00'), to use when this metric is rendered on a graph. The ``Color`` class has a set of standard colors that can be used here. Default: Automatic color
            dimensions_map: Dimensions of the metric. Default: No dimensions.
            id: Unique identifier for this metric when used in dashboard widgets. The id can be used as a variable to represent this metric in math expressions. Valid characters are letters, numbers, and underscore. The first character must be a lowercase letter. Default: No ID
            label: Label for this metric when added to a Graph in a Dashboard. You can use `dynamic labels <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>`_ to show summary information about the entire displayed time series in the legend. For example, if you use:: [max: ${MAX}] MyMetric As the metric label, the maximum value in the visible range will be shown next to the time series name in the graph's legend. Default: No label
            period: The period over which the specified statistic is applied. Default: Duration.minutes(5)
            region: Region which this metric comes from. Default: Deployment region.
            stack_account: Account of the stack this metric is attached to. Default: Deployment account.
            stack_region: Region of the stack this metric is attached to. Default: Deployment region.
            statistic: What function to use for aggregating. Use the ``aws_cloudwatch.Stats`` helper class to construct valid input strings. Can be one of the following: - "Minimum" | "min" - "Maximum" | "max" - "Average" | "avg" - "Sum" | "sum" - "SampleCount | "n" - "pNN.NN" - "tmNN.NN" | "tm(NN.NN%:NN.NN%)" - "iqm" - "wmNN.NN" | "wm(NN.NN%:NN.NN%)" - "tcNN.NN" | "tc(NN.NN%:NN.NN%)" - "tsNN.NN" | "ts(NN.NN%:NN.NN%)" Default: Average
            unit: Unit used to filter the metric stream. Only refer to datums emitted to the metric stream with the given unit and ignore all others. Only useful when datums are being emitted to the same metric stream under different units. The default is to use all matric datums in the stream, regardless of unit, which is recommended in nearly all cases. CloudWatch does not honor this property for graphs. Default: All metric datums in the given metric stream
            visible: Whether this metric should be visible in dashboard graphs. Setting this to false is useful when you want to hide raw metrics that are used in math expressions, and show only the expression results. Default: true
        """
        options = {
            "account": account,
            "color": color,
            "dimensions_map": dimensions_map,
            "id": id,
            "label": label,
            "period": period,
            "region": region,
            "stack_account": stack_account,
            "stack_region": stack_region,
            "statistic": statistic,
            "unit": unit,
            "visible": visible,
        }
        return self._metric(metric_name, options)

    @explains()
    def metric_target_capacity(
        self,
        *,
        account: str | None = None,
        color: str | None = None,
        dimensions_map: Mapping[str, str] | None = None,
        id: str | None = None,
        label: str | None = None,
        period: cdk.Duration | None = None,
        region: str | None = None,
        stack_account: str | None = None,
        stack_region: str | None = None,
        statistic: str | None = None,
        unit: cloudwatch.Unit | None = None,
        visible: bool | None = None,
    ) -> cloudwatch.Metric:
        """The target capacity, in units.

        Args:
            account: Account which this metric comes from. Default: Deployment account.
            color: The hex color code, prefixed with '#' (e.g. '#00ff00'), to use when this metric is rendered on a graph. The ``Color`` class has a set of standard colors that can be used here. Default: Automatic color
            dimensions_map: Dimensions of the metric. Default: No dimensions.
            id: Unique identifier for this metric when used in dashboard widgets. The id can be used as a variable to represent this metric in math expressions. Valid characters are letters, numbers, and underscore. The first character must be a lowercase letter. Default: No ID
            label: Label for this metric when added to a Graph in a Dashboard. You can use `dynamic labels <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>`_ to show summary information about the entire displayed time series in the legend. For example, if you use:: [max: ${MAX}] MyMetric As the metric label, the maximum value in the visible range will be shown next to the time series name in the graph's legend. Default: No label
            period: The period over which the specified statistic is applied. Default: Duration.minutes(5)
            region: Region which this metric comes from. Default: Deployment region.
            stack_account: Account of the stack this metric is attached to. Default: Deployment account.
            stack_region: Region of the stack this metric is attached to. Default: Deployment region.
            statistic: What function to use for aggregating. Use the ``aws_cloudwatch.Stats`` helper class to construct valid input strings. Can be one of the following: - "Minimum" | "min" - "Maximum" | "max" - "Average" | "avg" - "Sum" | "sum" - "SampleCount | "n" - "pNN.NN" - "tmNN.NN" | "tm(NN.NN%:NN.NN%)" - "iqm" - "wmNN.NN" | "wm(NN.NN%:NN.NN%)" - "tcNN.NN" | "tc(NN.NN%:NN.NN%)" - "tsNN.NN" | "ts(NN.NN%:NN.NN%)" Default: Average
            unit: Unit used to filter the metric stream. Only refer to datums emitted to the metric stream with the given unit and ignore all others. Only useful when datums are being emitted to the same metric stream under different units. The default is to use all matric datums in the stream, regardless of unit, which is recommended in nearly all cases. CloudWatch does not honor this property for graphs. Default: All metric datums in the given metric stream
            visible: Whether this metric should be visible in dashboard graphs. Setting this to false is useful when you want to hide raw metrics that are used in math expressions, and show only the expression results. Default: true
        """
        options = {
            "account": account,
            "color": color,
            "dimensions_map": dimensions_map,
            "id": id,
            "label": label,
            "period": period,
            "region": region,
            "stack_account": stack_account,
            "stack_region": stack_region,
            "statistic": statistic,
            "unit": unit,
            "visible": visible,
        }
        return self._metric("TargetCapacity", options)

    @explains()
    def metric_fulfilled_capacity(
        self,
        *,
        account: str | None = None,
        color: str | None = None,
        dimensions_map: Mapping[str, str] | None = None,
        id: str | None = None,
        label: str | None = None,
        period: cdk.Duration | None = None,
        region: str | None = None,
        stack_account: str | None = None,
        stack_region: str | None = None,
        statistic: str | None = None,
        unit: cloudwatch.Unit | None = None,
        visible: bool | None = None,
    ) -> cloudwatch.Metric:
        """The capacity that EC2 has launched, in units.

        Args:
            account: Account which this metric comes from. Default: Deployment account.
            color: The hex color code, prefixed with '#' (e.g. '#00ff00'), to use when this metric is rendered on a graph. The ``Color`` class has a set of standard colors that can be used here. Default: Automatic color
            dimensions_map: Dimensions of the metric. Default: No dimensions.
            id: Unique identifier for this metric when used in dashboard widgets. The id can be used as a variable to represent this metric in math expressions. Valid characters are letters, numbers, and underscore. The first character must be a lowercase letter. Default: No ID
            label: Label for this metric when added to a Graph in a Dashboard. You can use `dynamic labels <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>`_ to show summary information about the entire displayed time series in the legend. For example, if you use:: [max: ${MAX}] MyMetric As the metric label, the maximum value in the visible range will be shown next to the time series name in the graph's legend. Default: No label
            period: The period over which the specified statistic is applied. Default: Duration.minutes(5)
            region: Region which this metric comes from. Default: Deployment region.
            stack_account: Account of the stack this metric is attached to. Default: Deployment account.
            stack_region: Region of the stack this metric is attached to. Default: Deployment region.
            statistic: What function to use for aggregating. Use the ``aws_cloudwatch.Stats`` helper class to construct valid input strings. Can be one of the following: - "Minimum" | "min" - "Maximum" | "max" - "Average" | "avg" - "Sum" | "sum" - "SampleCount | "n" - "pNN.NN" - "tmNN.NN" | "tm(NN.NN%:NN.NN%)" - "iqm" - "wmNN.NN" | "wm(NN.NN%:NN.NN%)" - "tcNN.NN" | "tc(NN.NN%:NN.NN%)" - "tsNN.NN" | "ts(NN.NN%:NN.NN%)" Default: Average
            unit: Unit used to filter the metric stream. Only refer to datums emitted to the metric stream with the given unit and ignore all others. Only useful when datums are being emitted to the same metric stream under different units. The default is to use all matric datums in the stream, regardless of unit, which is recommended in nearly all cases. CloudWatch does not honor this property for graphs. Default: All metric datums in the given metric stream
            visible: Whether this metric should be visible in dashboard graphs. Setting this to false is useful when you want to hide raw metrics that are used in math expressions, and show only the expression results. Default: true
        """
        options = {
            "account": account,
            "color": color,
            "dimensions_map": dimensions_map,
            "id": id,
            "label": label,
            "period": period,
            "region": region,
            "stack_account": stack_account,
            "stack_region": stack_region,
            "statistic": statistic,
            "unit": unit,
            "visible": visible,
        }
        return self._metric("FulfilledCapacity", options)

    @explains()
    def metric_pending_capacity(
        self,
        *,
        account: str | None = None,
        color: str | None = None,
        dimensions_map: Mapping[str, str] | None = None,
        id: str | None = None,
        label: str | None = None,
        period: cdk.Duration | None = None,
        region: str | None = None,
        stack_account: str | None = None,
        stack_region: str | None = None,
        statistic: str | None = None,
        unit: cloudwatch.Unit | None = None,
        visible: bool | None = None,
    ) -> cloudwatch.Metric:
        """The difference of target and fulfilled capacity, in units.

        Args:
            account: Account which this metric comes from. Default: Deployment account.
            color: The hex color code, prefixed with '#' (e.g. '#00ff00'), to use when this metric is rendered on a graph. The ``Color`` class has a set of standard colors that can be used here. Default: Automatic color
            dimensions_map: Dimensions of the metric. Default: No dimensions.
            id: Unique identifier for this metric when used in dashboard widgets. The id can be used as a variable to represent this metric in math expressions. Valid characters are letters, numbers, and underscore. The first character must be a lowercase letter. Default: No ID
            label: Label for this metric when added to a Graph in a Dashboard. You can use `dynamic labels <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>`_ to show summary information about the entire displayed time series in the legend. For example, if you use:: [max: ${MAX}] MyMetric As the metric label, the maximum value in the visible range will be shown next to the time series name in the graph's legend. Default: No label
            period: The period over which the specified statistic is applied. Default: Duration.minutes(5)
            region: Region which this metric comes from. Default: Deployment region.
            stack_account: Account of the stack this metric is attached to. Default: Deployment account.
            stack_region: Region of the stack this metric is attached to. Default: Deployment region.
            statistic: What function to use for aggregating. Use the ``aws_cloudwatch.Stats`` helper class to construct valid input strings. Can be one of the following: - "Minimum" | "min" - "Maximum" | "max" - "Average" | "avg" - "Sum" | "sum" - "SampleCount | "n" - "pNN.NN" - "tmNN.NN" | "tm(NN.NN%:NN.NN%)" - "iqm" - "wmNN.NN" | "wm(NN.NN%:NN.NN%)" - "tcNN.NN" | "tc(NN.NN%:NN.NN%)" - "tsNN.NN" | "ts(NN.NN%:NN.NN%)" Default: Average
            unit: Unit used to filter the metric stream. Only refer to datums emitted to the metric stream with the given unit and ignore all others. Only useful when datums are being emitted to the same metric stream under different units. The default is to use all matric datums in the stream, regardless of unit, which is recommended in nearly all cases. CloudWatch does not honor this property for graphs. Default: All metric datums in the given metric stream
            visible: Whether this metric should be visible in dashboard graphs. Setting this to false is useful when you want to hide raw metrics that are used in math expressions, and show only the expression results. Default: true
        """
        options = {
            "account": account,
            "color": color,
            "dimensions_map": dimensions_map,
            "id": id,
            "label": label,
            "period": period,
            "region": region,
            "stack_account": stack_account,
            "stack_region": stack_region,
            "statistic": statistic,
            "unit": unit,
            "visible": visible,
        }
        return self._metric("PendingCapacity", options)

    @explains()
    def metric_terminating_capacity(
        self,
        *,
        account: str | None = None,
        color: str | None = None,
        dimensions_map: Mapping[str, str] | None = None,
        id: str | None = None,
        label: str | None = None,
        period: cdk.Duration | None = None,
        region: str | None = None,
        stack_account: str | None = None,
        stack_region: str | None = None,
        statistic: str | None = None,
        unit: cloudwatch.Unit | None = None,
        visible: bool | None = None,
    ) -> cloudwatch.Metric:
        """The capacity that is being terminated, in units.

        Args:
            account: Account which this metric comes from. Default: Deployment account.
            color: The hex color code, prefixed with '#' (e.g. '#00ff00'), to use when this metric is rendered on a graph. The ``Color`` class has a set of standard colors that can be used here. Default: Automatic color
            dimensions_map: Dimensions of the metric. Default: No dimensions.
            id: Unique identifier for this metric when used in dashboard widgets. The id can be used as a variable to represent this metric in math expressions. Valid characters are letters, numbers, and underscore. The first character must be a lowercase letter. Default: No ID
            label: Label for this metric when added to a Graph in a Dashboard. You can use `dynamic labels <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>`_ to show summary information about the entire displayed time series in the legend. For example, if you use:: [max: ${MAX}] MyMetric As the metric label, the maximum value in the visible range will be shown next to the time series name in the graph's legend. Default: No label
            period: The period over which the specified statistic is applied. Default: Duration.minutes(5)
            region: Region which this metric comes from. Default: Deployment region.
            stack_account: Account of the stack this metric is attached to. Default: Deployment account.
            stack_region: Region of the stack this metric is attached to. Default: Deployment region.
            statistic: What function to use for aggregating. Use the ``aws_cloudwatch.Stats`` helper class to construct valid input strings. Can be one of the following: - "Minimum" | "min" - "Maximum" | "max" - "Average" | "avg" - "Sum" | "sum" - "SampleCount | "n" - "pNN.NN" - "tmNN.NN" | "tm(NN.NN%:NN.NN%)" - "iqm" - "wmNN.NN" | "wm(NN.NN%:NN.NN%)" - "tcNN.NN" | "tc(NN.NN%:NN.NN%)" - "tsNN.NN" | "ts(NN.NN%:NN.NN%)" Default: Average
            unit: Unit used to filter the metric stream. Only refer to datums emitted to the metric stream with the given unit and ignore all others. Only useful when datums are being emitted to the same metric stream under different units. The default is to use all matric datums in the stream, regardless of unit, which is recommended in nearly all cases. CloudWatch does not honor this property for graphs. Default: All metric datums in the given metric stream
            visible: Whether this metric should be visible in dashboard graphs. Setting this to false is useful when you want to hide raw metrics that are used in math expressions, and show only the expression results. Default: true
        """
        options = {
            "account": account,
            "color": color,
            "dimensions_map": dimensions_map,
            "id": id,
            "label": label,
            "period": period,
            "region": region,
            "stack_account": stack_account,
            "stack_region": stack_region,
            "statistic": statistic,
            "unit": unit,
            "visible": visible,
        }
        return self._metric("TerminatingCapacity", options)

    @explains()
    def metric_available_instance_pools_count(
        self,
        *,
        account: str | None = None,
        color: str | None = None,
        dimensions_map: Mapping[str, str] | None = None,
        id: str | None = None,
        label: str | None = None,
        period: cdk.Duration | None = None,
        region: str | None = None,
        stack_account: str | None = None,
        stack_region: str | None = None,
        statistic: str | None = None,
        unit: cloudwatch.Unit | None = None,
        visible: bool | None = None,
    ) -> cloudwatch.Metric:
        """The number of pools in the request.

        Args:
            account: Account which this metric comes from. Default: Deployment account.
            color: The hex color code, prefixed with '#' (e.g. '#00ff00'), to use when this metric is rendered on a graph. The ``Color`` class has a set of standard colors that can be used here. Default: Automatic color
            dimensions_map: Dimensions of the metric. Default: No dimensions.
            id: Unique identifier for this metric when used in dashboard widgets. The id can be used as a variable to represent this metric in math expressions. Valid characters are letters, numbers, and underscore. The first character must be a lowercase letter. Default: No ID
            label: Label for this metric when added to a Graph in a Dashboard. You can use `dynamic labels <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>`_ to show summary information about the entire displayed time series in the legend. For example, if you use:: [max: ${MAX}] MyMetric As the metric label, the maximum value in the visible range will be shown next to the time series name in the graph's legend. Default: No label
            period: The period over which the specified statistic is applied. Default: Duration.minutes(5)
            region: Region which this metric comes from. Default: Deployment region.
            stack_account: Account of the stack this metric is attached to. Default: Deployment account.
            stack_region: Region of the stack this metric is attached to. Default: Deployment region.
            statistic: What function to use for aggregating. Use the ``aws_cloudwatch.Stats`` helper class to construct valid input strings. Can be one of the following: - "Minimum" | "min" - "Maximum" | "max" - "Average" | "avg" - "Sum" | "sum" - "SampleCount | "n" - "pNN.NN" - "tmNN.NN" | "tm(NN.NN%:NN.NN%)" - "iqm" - "wmNN.NN" | "wm(NN.NN%:NN.NN%)" - "tcNN.NN" | "tc(NN.NN%:NN.NN%)" - "tsNN.NN" | "ts(NN.NN%:NN.NN%)" Default: Average
            unit: Unit used to filter the metric stream. Only refer to datums emitted to the metric stream with the given unit and ignore all others. Only useful when datums are being emitted to the same metric stream under different units. The default is to use all matric datums in the stream, regardless of unit, which is recommended in nearly all cases. CloudWatch does not honor this property for graphs. Default: All metric datums in the given metric stream
            visible: Whether this metric should be visible in dashboard graphs. Setting this to false is useful when you want to hide raw metrics that are used in math expressions, and show only the expression results. Default: true
        """
        options = {
            "account": account,
            "color": color,
            "dimensions_map": dimensions_map,
            "id": id,
            "label": label,
            "period": period,
            "region": region,
            "stack_account": stack_account,
            "stack_region": stack_region,
            "statistic": statistic,
            "unit": unit,
            "visible": visible,
        }
        return self._metric("AvailableInstancePoolsCount", options)

    @explains()
    def metric_eligible_instance_pool_count(
        self,
        *,
        account: str | None = None,
        color: str | None = None,
        dimensions_map: Mapping[str, str] | None = None,
        id: str | None = None,
        label: str | None = None,
        period: cdk.Duration | None = None,
        region: str | None = None,
        stack_account: str | None = None,
        stack_region: str | None = None,
        statistic: str | None = None,
        unit: cloudwatch.Unit | None = None,
        visible: bool | None = None,
    ) -> cloudwatch.Metric:
        """The number of pools that EC2 can launch from.

        Args:
            account: Account which this metric comes from. Default: Deployment account.
            color: The hex color code, prefixed with '#' (e.g. '#00ff00'), to use when this metric is rendered on a graph. The ``Color`` class has a set of standard colors that can be used here. Default: Automatic color
            dimensions_map: Dimensions of the metric. Default: No dimensions.
            id: Unique identifier for this metric when used in dashboard widgets. The id can be used as a variable to represent this metric in math expressions. Valid characters are letters, numbers, and underscore. The first character must be a lowercase letter. Default: No ID
            label: Label for this metric when added to a Graph in a Dashboard. You can use `dynamic labels <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>`_ to show summary information about the entire displayed time series in the legend. For example, if you use:: [max: ${MAX}] MyMetric As the metric label, the maximum value in the visible range will be shown next to the time series name in the graph's legend. Default: No label
            period: The period over which the specified statistic is applied. Default: Duration.minutes(5)
            region: Region which this metric comes from. Default: Deployment region.
            stack_account: Account of the stack this metric is attached to. Default: Deployment account.
            stack_region: Region of the stack this metric is attached to. Default: Deployment region.
            statistic: What function to use for aggregating. Use the ``aws_cloudwatch.Stats`` helper class to construct valid input strings. Can be one of the following: - "Minimum" | "min" - "Maximum" | "max" - "Average" | "avg" - "Sum" | "sum" - "SampleCount | "n" - "pNN.NN" - "tmNN.NN" | "tm(NN.NN%:NN.NN%)" - "iqm" - "wmNN.NN" | "wm(NN.NN%:NN.NN%)" - "tcNN.NN" | "tc(NN.NN%:NN.NN%)" - "tsNN.NN" | "ts(NN.NN%:NN.NN%)" Default: Average
            unit: Unit used to filter the metric stream. Only refer to datums emitted to the metric stream with the given unit and ignore all others. Only useful when datums are being emitted to the same metric stream under different units. The default is to use all matric datums in the stream, regardless of unit, which is recommended in nearly all cases. CloudWatch does not honor this property for graphs. Default: All metric datums in the given metric stream
            visible: Whether this metric should be visible in dashboard graphs. Setting this to false is useful when you want to hide raw metrics that are used in math expressions, and show only the expression results. Default: true
        """
        options = {
            "account": account,
            "color": color,
            "dimensions_map": dimensions_map,
            "id": id,
            "label": label,
            "period": period,
            "region": region,
            "stack_account": stack_account,
            "stack_region": stack_region,
            "statistic": statistic,
            "unit": unit,
            "visible": visible,
        }
        return self._metric("EligibleInstancePoolCount", options)

    @explains()
    def metric_max_percent_capacity_allocation(
        self,
        *,
        account: str | None = None,
        color: str | None = None,
        dimensions_map: Mapping[str, str] | None = None,
        id: str | None = None,
        label: str | None = None,
        period: cdk.Duration | None = None,
        region: str | None = None,
        stack_account: str | None = None,
        stack_region: str | None = None,
        statistic: str | None = None,
        unit: cloudwatch.Unit | None = None,
        visible: bool | None = None,
    ) -> cloudwatch.Metric:
        """The largest share of the capacity in one pool, in percent.

        Args:
            account: Account which this metric comes from. Default: Deployment account.
            color: The hex color code, prefixed with '#' (e.g. '#00ff00'), to use when this metric is rendered on a graph. The ``Color`` class has a set of standard colors that can be used here. Default: Automatic color
            dimensions_map: Dimensions of the metric. Default: No dimensions.
            id: Unique identifier for this metric when used in dashboard widgets. The id can be used as a variable to represent this metric in math expressions. Valid characters are letters, numbers, and underscore. The first character must be a lowercase letter. Default: No ID
            label: Label for this metric when added to a Graph in a Dashboard. You can use `dynamic labels <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>`_ to show summary information about the entire displayed time series in the legend. For example, if you use:: [max: ${MAX}] MyMetric As the metric label, the maximum value in the visible range will be shown next to the time series name in the graph's legend. Default: No label
            period: The period over which the specified statistic is applied. Default: Duration.minutes(5)
            region: Region which this metric comes from. Default: Deployment region.
            stack_account: Account of the stack this metric is attached to. Default: Deployment account.
            stack_region: Region of the stack this metric is attached to. Default: Deployment region.
            statistic: What function to use for aggregating. Use the ``aws_cloudwatch.Stats`` helper class to construct valid input strings. Can be one of the following: - "Minimum" | "min" - "Maximum" | "max" - "Average" | "avg" - "Sum" | "sum" - "SampleCount | "n" - "pNN.NN" - "tmNN.NN" | "tm(NN.NN%:NN.NN%)" - "iqm" - "wmNN.NN" | "wm(NN.NN%:NN.NN%)" - "tcNN.NN" | "tc(NN.NN%:NN.NN%)" - "tsNN.NN" | "ts(NN.NN%:NN.NN%)" Default: Average
            unit: Unit used to filter the metric stream. Only refer to datums emitted to the metric stream with the given unit and ignore all others. Only useful when datums are being emitted to the same metric stream under different units. The default is to use all matric datums in the stream, regardless of unit, which is recommended in nearly all cases. CloudWatch does not honor this property for graphs. Default: All metric datums in the given metric stream
            visible: Whether this metric should be visible in dashboard graphs. Setting this to false is useful when you want to hide raw metrics that are used in math expressions, and show only the expression results. Default: true
        """
        options = {
            "account": account,
            "color": color,
            "dimensions_map": dimensions_map,
            "id": id,
            "label": label,
            "period": period,
            "region": region,
            "stack_account": stack_account,
            "stack_region": stack_region,
            "statistic": statistic,
            "unit": unit,
            "visible": visible,
        }
        return self._metric("MaxPercentCapacityAllocation", options)

    def _metric(self, metric_name: str, options: dict[str, Any]) -> cloudwatch.Metric:
        """Make a metric."""
        raise NotImplementedError
