"""The page on what is assumed and what has a source: every key of the policy, by its source."""

from __future__ import annotations

from devolve_opt.views.policy_page import SECTIONS

ASSUMPTION = "assumption"


def sources() -> dict[str, dict[str, str]]:
    """Return the meaning of every key of the policy by key, by the source that it states, assumptions first."""
    found: dict[str, dict[str, str]] = {ASSUMPTION: {}}
    for _, settings, _ in SECTIONS:
        for name, key in settings.model_fields.items():
            extra = key.json_schema_extra
            if name != "prices":
                source = str(extra.get("source", "")) if isinstance(extra, dict) else ""
                found.setdefault(source, {})[f"{settings.__name__}.{name}"] = key.description or ""
    return found


def assumptions_page() -> str:
    """Return the keys by source as Markdown: a section for each source."""
    lines = []
    for source, keys in sources().items():
        lines += [f"### {source[:1].upper()}{source[1:]}", "", "| key | meaning |", "|---|---|"]
        lines += [f"| `{key}` | {meaning} |" for key, meaning in keys.items()]
        lines.append("")
    return "\n".join(lines)
