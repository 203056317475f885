"""Where the artifacts of a build live, and which type each has.

The file names are an interface: operators and other services know them.
"""

from core.artifacts.base import Artifact
from core.artifacts.build_record import BuildRecord
from core.artifacts.build_report import BuildReport
from core.artifacts.file_prompts import FilePrompts
from core.artifacts.fixes import Fixes
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.report import TestReport
from core.artifacts.schema import Schema
from core.artifacts.specs import ClarificationHistory, CleanSpec, RefinedSpec
from core.artifacts.structure import FileStructure, StructuralIssues, ValidatedStructure

PARAMETERS = "parameters"
"""What the first stage reads instead of an artifact: the questionnaire the flow was given."""
SPECS = "specs/specs.json"
SPECS_REFINED = "specs/specs_refined.json"
CLARIFICATION_HISTORY = "specs/clarification_history.json"
SPECS_CLEAN = "specs/specs_clean.json"
DOCS = "docs/docs.md"
SCHEMA = "specs/schema.json"
STRUCTURAL_ISSUES = "specs/structural_issues.json"
FILE_STRUCTURE = "specs/file_structure.json"
VALIDATED_STRUCTURE = "specs/validated_structure.json"
CODE = "code/"
FILE_PROMPTS = "report/files.json"
TESTS_REPORT = "report/tests.json"
FIXES = "report/fixes.json"
FIXING = "report/fixing/"
"""Folder of what stage 7.5 knows of its attempts, so that it goes on where it was killed."""
GUIDANCE = "guidance"
"""What stages 4 and 7.5 read beside artifacts: what a person wants otherwise, or advises."""
REFUSED = "refused"
"""What stage 4 reads beside artifacts: the structure that a person wants otherwise."""
ANSWERS = "answers"
"""What stage 1 reads beside artifacts: the questions it asked so far, with a person's answers."""
REPORT = "report/report.md"
REPORT_JSON = "report/report.json"
COMMITTED_REPORT = "BUILD_REPORT.md"
"""Where the report stands in the generated repository; no generated file may."""
BUILD_RECORD = "build.json"
REDO = "redo.json"
USED_RESULTS = "results.json"
CHOSEN_MODELS = "models.json"
DECISIONS = "decisions.json"
"""What people decided while the build ran; beside its record."""
PUBLISHED = "published.json"
"""What was published of a build; beside its record."""
HISTORY = "history.bundle"
"""The Git history of a published build, for the builds that change it; beside its record."""

ARTIFACT_TYPES: dict[str, type[Artifact]] = {
    SPECS: Questionnaire,
    SPECS_REFINED: RefinedSpec,
    CLARIFICATION_HISTORY: ClarificationHistory,
    SPECS_CLEAN: CleanSpec,
    SCHEMA: Schema,
    STRUCTURAL_ISSUES: StructuralIssues,
    FILE_STRUCTURE: FileStructure,
    VALIDATED_STRUCTURE: ValidatedStructure,
    FILE_PROMPTS: FilePrompts,
    TESTS_REPORT: TestReport,
    FIXES: Fixes,
    REPORT_JSON: BuildReport,
    BUILD_RECORD: BuildRecord,
}
"""Type of every JSON artifact; what is not here is text."""


USAGE_REPORTS = "reports/usage/"
"""Folder of the usage reports in the artifact store; each day has one below it."""
BUDGETS = "reports/budgets/"
"""Folder where it stands which users' limits of money were told to be nearly used, by month."""
PROVIDER_HEALTH = "reports/provider-health.json"
"""What the last look after the providers found, in the artifact store."""
INBOX = "inbox/"
"""Folder of the artifact store where questionnaires are dropped."""
INBOX_TAKEN = "inbox/taken/"
"""Folder of the questionnaires whose builds were started, each under its build's id."""
INBOX_REJECTED = "inbox/rejected/"
"""Folder of what is no questionnaire that can be built, each with the reason beside it."""
INBOX_LOOK = "reports/inbox.json"
"""What the last look into the inbox found, in the artifact store."""


BUILDS = "project/"
"""Folder of all builds; each has one below it, by its id."""
PROJECTS = "projects/"
"""Folder of what is known of projects beyond their builds; each has one below it."""


def published_build(project_id: str) -> str:
    """Where it stands which build of a project was published last."""
    return f"{PROJECTS}{project_id}/published.json"


def begun_change(project_id: str, answers_id: str) -> str:
    """Where it stands which build one that is not published yet began from.

    Args:
        project_id: the project.
        answers_id: id of a build of the same answers without a baseline.
    """
    return f"{begun_changes(project_id)}{answers_id}.json"


def begun_changes(project_id: str) -> str:
    """Folder of what `begun_change` says of one project."""
    return f"{PROJECTS}{project_id}/begun/"


def build_prefix(build_id: str) -> str:
    """Folder of one build in the artifact store, ending in a slash."""
    return f"{BUILDS}{build_id}/"
