"""Who a build is: `project_id` names the product, `build_id` one way of building it."""

import hashlib
import json
from collections.abc import Mapping

from slugify import slugify

from core.artifacts.questionnaire import Questionnaire

_MAX_SLUG = 50
_DIGEST = 10


def project_slug(name: str) -> str:
    """Slug of a project's name: lower-case letters, digits and hyphens, at most 50 characters.

    A name without a single letter or digit, such as an emoji, gets one from its digest.
    """
    slug = slugify(name, max_length=_MAX_SLUG, word_boundary=True)
    return slug or f"project-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def derive_build_id(
    project_id: str,
    questionnaire: Questionnaire,
    models: Mapping[str, str],
    fresh: str,
    baseline: str = "",
) -> str:
    """Derive a build's id from what decides its outcome, so that the same input resumes it.

    Args:
        project_id: names the product.
        questionnaire: the person's answers.
        models: the overrides given for this build, from stage or template to `provider/model`.
        fresh: any text; another text makes another build of the same answers.
        baseline: id of the build that this one changes; empty where it begins from nothing.
    """
    parts = [project_id, questionnaire.model_dump(mode="json"), sorted(models.items()), fresh]
    if baseline:
        parts.append(baseline)
    identity = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return f"{project_id}-{hashlib.sha256(identity.encode()).hexdigest()[:_DIGEST]}"
