"""All that is dated in the sample beside its agenda: money, treatments, acts, recalls, and what people were told."""

from __future__ import annotations

from workbench.patients.sample.care import care_rows
from workbench.patients.sample.contacts import contact_rows
from workbench.patients.sample.days import SampleDays
from workbench.patients.sample.first_papers import first_paper_rows
from workbench.patients.sample.money import money_rows
from workbench.patients.sample.plans import plan_rows
from workbench.patients.sample.recalls import recall_rows
from workbench.patients.sample.rows import Rows


def paper_rows(days: SampleDays) -> Rows:
    """Return the papers by table, dated as the visits they come from; keys and amounts never change."""
    money, about_money = money_rows(days)
    recalls, about_recalls = recall_rows(days)
    rows: Rows = {}
    for part in (first_paper_rows(days), money, plan_rows(days), care_rows(days), {"recalls": recalls}):
        for table, more in part.items():
            rows.setdefault(table, []).extend(more)
    rows["contacts"] = contact_rows(days, (*about_money, *about_recalls))
    return rows
