"""What the machine decides is taken out of answers before they are compared: dates, load, memory use, durations."""

from __future__ import annotations

import re

__all__ = ["normalised"]

_CLOCK = r"\d\d:\d\d:\d\d"

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        # dates
        (rf"\d\d/\d\d/\d{{4}} {_CLOCK}", "<date>"),
        (rf"\d{{4}}-\d\d-\d\dT{_CLOCK}", "<date>"),
        (rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{{3}} [ \d]\d {_CLOCK} (?!1970)\d{{4}}", "<date>"),
        (r"\b1[78]\d{8}\b", "<instant>"),
        (r"^delete_time .*$", "delete_time <instant>"),
        # processes
        (r"\[\d+:\d+\]:", "[<process>]:"),
        (r"/\w+/pid-\d+-\w+", "<temporary file>"),
        # priorities: their last digits are whole seconds of waiting
        (r"^( *\d+ \d\.\d{3})\d\d( \d\.\d{3})?(?(2)\d\d)", r"\1<waiting>\2"),
        (r"<(JAT_prio|JB_nurg)>(\d\.\d{3})\d\d<", r"<\1>\2<"),
        (r"<JB_wtcontr>\d+<", "<JB_wtcontr><waiting><"),
        # load
        (r"^(\S+ +[BICPN]+ +\d+/\d+/\d+ +)\d+\.\d\d +", r"\1<load> "),
        (r"<load_avg>[\d.]+<", "<load_avg><load><"),
        (
            r"\b((?:np_)?load_(?:avg|short|medium|long)|cpu|(?:mem|swap|virtual)_(?:free|used|total))=[\d.]+[KMG]?",
            r"\1=<figure>",
        ),
        (r'(<resource name="(?:(?:np_)?load_\w+|cpu|(?:mem|swap|virtual)_\w+)" type="\w+">)[^<]*', r"\1<figure>"),
        (r"(<hostvalue name='(?:load_avg|(?:mem|swap)_\w+)'>)[\d.]+[KMG]?<", r"\1<figure><"),
        (r"^(\S+ +lx-amd64 +\d+ +\d+ +\d+ +\d+) .*$", r"\1 <load and memory>"),
        (r"^(\S+ +)\d+\.\d\d((?: +\d+){6} )$", r"\1<load>\2"),
        # use of resources
        (r"^(usage +\d+: +)cpu=.*$", r"\1<use>"),
        (r"^((?:ru_\w+|cpu|mem|io|iow|maxvmem) +)\d.*$", r"\1<use>"),
        (r"^(NONE|\w+)( +)\d+((?: +\d+\.\d{3}){6})$", r"\1 <use>"),
        (r" *<JAT_scaled_usage_list>\n(?:.*\n)*? *</JAT_scaled_usage_list>\n", ""),
        # what qping says of the component's own work
        (r"^(run time \[s\]: +|no. of connected clients: +)\d+$", r"\1<figure>"),
        (r": R \(\d+\.\d\d\)", ": R (<figure>)"),
    )
)

_ACCOUNTING = re.compile(r"^[\w.]+:[\w.-]+(?::[^:\n]*){43}$", re.MULTILINE)


def normalised(text: str) -> str:
    """*text* with placeholders for everything that another machine, or another minute, would say differently."""
    text = _ACCOUNTING.sub(lambda line: _without_use(line[0]), text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    # a long list of load values is wrapped where its figures happen to end
    return re.sub(r" \\\n +", "", text)


def _without_use(line: str) -> str:
    """An accounting line without usage: fields 14 to 31, 37 to 39, 41 and 43."""
    fields = line.split(":")
    for position in (*range(13, 31), 36, 37, 38, 40, 42):
        fields[position] = "<use>"
    return ":".join(fields)
