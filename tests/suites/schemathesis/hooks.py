"""Puts what is real into requests that Schemathesis makes up, so that they get past the first check of an endpoint."""

import json
import os
import random

import schemathesis

with open(os.environ["GATEHOUSE_SEEDS"], encoding="utf-8") as file:
    SEEDS = json.load(file)
CHANCE = random.Random(1)

# Of all requests, these stay as they were made up; these get real values and one parameter that was made up beside them.
MADE_UP = 0.3
ONE_ODD = 0.4


@schemathesis.hook
def before_call(context, case, kwargs):
    # A redirect is an answer to be judged, and may lead off this machine.
    kwargs["allow_redirects"] = False
    mode = CHANCE.random()
    real = CHANCE.choice(SEEDS["places"].get(f"{case.operation.method.upper()} {case.operation.path}", [None]))
    if real is None or mode < MADE_UP:
        return
    for place, name in (("path_parameters", "path"), ("query", "query"), ("headers", "headers"), ("body", "body")):
        made_up = getattr(case, place)
        if name in real or (isinstance(made_up, dict) and made_up):
            setattr(case, place, mixed(made_up, real.get(name, {}), mode < MADE_UP + ONE_ODD))


def mixed(made_up, real, with_one):
    values = dict(real)
    if with_one and isinstance(made_up, dict) and made_up:
        name = CHANCE.choice(sorted(made_up, key=str))
        values[name] = made_up[name]
    return values
