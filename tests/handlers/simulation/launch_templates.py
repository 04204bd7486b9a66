"""EC2's launch templates and their versions."""

# ruff: noqa: A001  (id, type and input are AWS's words; some kinds need not look at all that they are told)

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from .network import RefusedError
from .records import Attributes, Record

if TYPE_CHECKING:
    from .cloud import Cloud


class LaunchTemplates:
    """The launch templates of an account and Region."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.templates: dict[str, Record] = {}
        self.versions: dict[str, dict[int, Record]] = {}
        self.defaults: dict[str, list[tuple[float, str, int]]] = {}
        """Who set which default version, and when."""
        self._tokens: dict[str, int] = {}

    def add(self, name: str, data: list[Attributes], default: int) -> Record:
        """Let somebody's launch template exist, with a version for each of its data."""
        template = Record(
            self._cloud, self._cloud.ids.new("lt"), {"Name": name, "Default": default, "Latest": 0}, "theirs"
        )
        self.templates[template.id], self.versions[template.id] = template, {}
        self.defaults[template.id] = [(self._cloud.timeline.now, "theirs", default)]
        for number, one in enumerate(data, 1):
            self.add_version(template.id, "theirs", f"version {number} of the team", one)
        return template

    def add_version(self, id: str, owner: str, description: str, data: Attributes) -> int:
        """Let a version exist."""
        template = self.templates[id]
        assert template.state is not None
        number = template.state["Latest"] + 1
        self.versions[id][number] = Record(
            self._cloud, f"{id}:{number}", {"VersionDescription": description, "Data": data, "Number": number}, owner
        )
        template.change(owner, Latest=number)
        return number

    def living(self, id: str) -> dict[int, Record]:
        """Return the versions that exist."""
        return {number: version for number, version in self.versions[id].items() if version.state is not None}

    def default(self, id: str) -> int:
        """Return the default version."""
        assert self.templates[id].state is not None
        return int(self.templates[id].state["Default"])

    def set_default(self, id: str, who: str, number: int) -> None:
        """Set the default version."""
        self.defaults[id].append((self._cloud.timeline.now, who, number))
        self.templates[id].change(who, Default=number)

    # What EC2's actions do

    def describe_launch_templates(self, params: Attributes) -> Attributes:
        ids = [self._id({"LaunchTemplateId": id}) for id in params.get("LaunchTemplateIds", ())]
        ids += [self._id({"LaunchTemplateName": name}) for name in params.get("LaunchTemplateNames", ())]
        found = [self._shown(id) for id in ids or self.templates]
        return self._cloud.pages.of("LaunchTemplates", found, params)

    def describe_launch_template_versions(self, params: Attributes) -> Attributes:
        id = self._id(params)
        seen = {number: state for number, version in self.versions[id].items() if (state := version.seen()) is not None}
        if wanted := params.get("Versions"):
            numbers = [self._number(id, text) for text in wanted]
            for number in numbers:
                if number not in seen:
                    raise RefusedError(
                        "InvalidLaunchTemplateId.VersionNotFound",
                        f"Could not find the specified version {number} for the launch template with ID {id}.",
                    )
        else:
            least, most = int(params.get("MinVersion", 0)), int(params.get("MaxVersion", 10**9))
            numbers = sorted((number for number in seen if least <= number <= most), reverse=True)
        found = [self._shown_version(id, number, seen[number]) for number in numbers]
        return self._cloud.pages.of("LaunchTemplateVersions", found, params)

    def create_launch_template_version(self, params: Attributes) -> Attributes:
        id = self._id(params)
        token = params.get("ClientToken")
        if token in self._tokens:
            number = self._tokens[token]
            state = self.versions[id][number].state
            if state is None:
                raise RefusedError("IdempotentParameterMismatch", f"The version {number} of this token was deleted")
            return {"LaunchTemplateVersion": self._shown_version(id, number, state)}
        if len(params.get("VersionDescription", "")) > 255:
            raise RefusedError("InvalidParameterValue", "A version description has at most 255 characters")
        data: Attributes = {}
        if source := params.get("SourceVersion"):
            number = self._number(id, source)
            version = self.versions[id].get(number)
            if version is None or version.state is None:
                raise RefusedError("InvalidLaunchTemplateId.VersionNotFound", f"Could not find the version {number}")
            data = copy.deepcopy(version.state["Data"])
            for mapping in data.get("BlockDeviceMappings", []):
                mapping.get("Ebs", {}).pop("SnapshotId", None)
        data |= params["LaunchTemplateData"]
        number = self.add_version(id, "ours", params.get("VersionDescription", ""), data)
        if token:
            self._tokens[token] = number
        state = self.versions[id][number].state
        assert state is not None
        self._cloud.others.look_at_version(id, number)
        return {"LaunchTemplateVersion": self._shown_version(id, number, state)}

    def modify_launch_template(self, params: Attributes) -> Attributes:
        id = self._id(params)
        number = self._number(id, params["DefaultVersion"])
        version = self.versions[id].get(number)
        if version is None or version.state is None:
            raise RefusedError("InvalidLaunchTemplateId.VersionNotFound", f"Could not find the version {number}")
        self.set_default(id, "ours", number)
        self._cloud.others.look_at_default(id)
        return {"LaunchTemplate": self._shown(id, true=True)}

    def delete_launch_template_versions(self, params: Attributes) -> Attributes:
        id = self._id(params)
        name = (self.templates[id].state or {})["Name"]
        done, not_done = [], []
        for number in map(int, params["Versions"]):
            item: Attributes = {"LaunchTemplateId": id, "LaunchTemplateName": name, "VersionNumber": number}
            version = self.versions[id].get(number)
            if version is None or version.state is None or version.seen() is None:
                error = {"Code": "launchTemplateVersionDoesNotExist", "Message": "The version does not exist."}
                not_done.append({**item, "ResponseError": error})
            elif number == self.default(id):
                error = {"Code": "unexpectedError", "Message": "The default version cannot be deleted."}
                not_done.append({**item, "ResponseError": error})
            else:
                version.remove("ours")
                done.append(item)
        return {
            "SuccessfullyDeletedLaunchTemplateVersions": done,
            "UnsuccessfullyDeletedLaunchTemplateVersions": not_done,
        }

    # Inside

    def _id(self, params: Attributes) -> str:
        name, id = params.get("LaunchTemplateName"), params.get("LaunchTemplateId")
        if name and id:
            raise RefusedError("InvalidParameterCombination", "Give the launch template's name or its id, not both")
        for found, template in self.templates.items():
            if template.state is not None and (found == id or template.state["Name"] == name):
                return found
        code = "InvalidLaunchTemplateId.NotFound" if id else "InvalidLaunchTemplateName.NotFoundException"
        raise RefusedError(code, f"The specified launch template, {id or name}, does not exist.")

    def _number(self, id: str, text: str) -> int:
        state = self.templates[id].seen() or self.templates[id].state
        assert state is not None
        return int({"$Default": state["Default"], "$Latest": state["Latest"]}.get(text, text))

    def _shown(self, id: str, true: bool = False) -> Attributes:
        template = self.templates[id]
        state = (None if true else template.seen()) or template.state
        assert state is not None
        shown = {"LaunchTemplateId": id, "LaunchTemplateName": state["Name"], "CreateTime": template.born}
        return {**shown, "DefaultVersionNumber": state["Default"], "LatestVersionNumber": state["Latest"]}

    def _shown_version(self, id: str, number: int, state: Attributes) -> Attributes:
        template = self.templates[id].seen() or self.templates[id].state
        assert template is not None
        owner = self.versions[id][number].owner
        role = "arn:aws:sts::123456789012:assumed-role/Stack-EbsRole/function" if owner == "ours" else None
        shown: Attributes = {"LaunchTemplateId": id, "LaunchTemplateName": template["Name"], "VersionNumber": number}
        shown |= {"VersionDescription": state["VersionDescription"] or None, "LaunchTemplateData": state["Data"]}
        shown |= {"DefaultVersion": template["Default"] == number, "CreateTime": self.versions[id][number].born}
        return {**shown, "CreatedBy": role or "arn:aws:iam::123456789012:user/team"}
