"""A template does what it does in the reference, and nothing that a program of strangers should not."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from sensorium.chat.sandbox import Program, TemplateLimits
from sensorium.core.errors import CheckpointError, InputError

LIMITS = TemplateLimits(source=4096, output=20_000, seconds=0.5)
MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "  What is <b>this</b>? 三  "},
    {"role": "assistant", "content": "<think>\nWell.\n</think>\n\nA boot."},
]


def run(source: str, limits: TemplateLimits = LIMITS, **variables: Any) -> str:
    return Program(source, where="t.jinja", limits=limits, now=lambda: datetime(2024, 7, 26)).run(variables)


@pytest.fixture(scope="module")
def reference() -> Callable[[str], str]:
    render = pytest.importorskip("transformers.utils.chat_template_utils").render_jinja_template
    return lambda source: render([MESSAGES], chat_template=source, add_generation_prompt=True, bos_token="<s>")[0][0]


TEMPLATES = {
    "white space": "a\n  {% if true %}\n  b\n  {% endif %}\nc {%- if true %} d {% endif -%} e\n",
    "namespace": "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}",
    "break": "{% for m in messages %}{% if loop.index == 2 %}{% break %}{% endif %}{{ m.role }}{% endfor %}",
    "continue": "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ m }}{% endfor %}",
    "tojson": "{{ messages | tojson }}{{ {'b': '<é>', 'a': 1} | tojson(indent=2) }}",
    "tojson options": "{{ {'b': '<é>', 'a': [1]} | tojson(ensure_ascii=true, separators=(',', ':'), sort_keys=true) }}",
    "generation": "{% set x = 1 %}{% generation %}{% set x = 2 %}{{ messages[2] }}{{ x }}{% endgeneration %}{{ x }}",
    "answer": "{% set c = messages[2]['content'] %}{{ c.split('</think>')[-1].lstrip('\\n') }}",
    "thought": "{{ messages[2].content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') }}",
    "methods": "{{ messages[1].content.strip().upper() ~ '!' ~ 1 ~ none }}{{ ', '.join(['a', 'b']) }}",
    "more methods": "{{ 'a-b'.replace('-', '+') }}{{ 'a'.startswith('a') }}{{ 'a b'.split() }}{{ 'a'.center(3) }}",
    "filters": "{{ messages | map(attribute='role') | join(', ') }}{{ messages | length }}{{ ' a ' | trim }}",
    "more filters": "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ 'a\nb' | indent(4) }}",
    "slices": "{{ messages[1:] | first | dictsort }}{{ messages[::-1][0].role }}{{ 'abc'[1:] }}{{ messages | last }}",
    "macros": "{% macro say(m, loud=false) %}{{ m.role }}{{ m.content | upper if loud else m.content }}{% endmacro %}"
    "{% for m in messages %}{{ say(m, loud=loop.last) }}{% endfor %}",
    "defined": "{{ bos_token }}{% if tools is none and documents is none %}none{% endif %}{{ x }}{{ x is defined }}",
    "loop": "{% for m in messages %}{{ loop.index0, loop.last, loop.cycle('a', 'b') }}{% else %}x{% endfor %}",
    "filtered loop": "{% for m in messages if m.role != 'system' %}{{ loop.length }}{{ m.role }}{% endfor %}",
    "empty loop": "{% for m in messages if m.role == 'tool' %}{{ m }}{% else %}none{% endfor %}",
    "dict": "{{ dict(a=1, b=2) | tojson }}{{ dict([['x', 3]]).x }}{{ messages[0].items() | list }}",
    "arithmetic": "{{ 7 // 2 }}{{ 7 % 4 }}{{ 2 ** 10 }}{{ 'ab' * 3 }}{{ [1] + [2] }}{{ 'a' + 'b' }}{{ 0.5 * 3 }}",
    "formats": "{{ '%s-%02d' % ('a', 5) }}{{ '{:>4}'.format(7) }}{{ '{a}'.format(a=1) }}{{ '%s'|format('x') }}",
    "recursion": "{% for x in [[1, [2]], 3] recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}",
    "set blocks": "{% set x %}a{{ 1 }}{% endset %}{{ x | length }}{% filter upper %}b{% endfilter %}",
    "with": "{% with y = 2 %}{{ y }}{% endwith %}{# nothing #}{% raw %}{{ raw }}{% endraw %}",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_output_is_the_references(reference: Callable[[str], str], name: str) -> None:
    given: dict[str, Any] = {
        "messages": MESSAGES,
        "tools": None,
        "documents": None,
        "add_generation_prompt": True,
        "bos_token": "<s>",
    }
    assert run(TEMPLATES[name], **given) == reference(TEMPLATES[name])


def test_the_time_is_that_of_the_caller() -> None:
    assert run("{{ strftime_now('%d %b %Y') }}") == "26 Jul 2024"


REFUSED = [
    "{{ ''.__class__.__mro__ }}",
    "{{ ''['__class__']['__mro__'] }}",
    "{{ (''|attr('__class__')).x }}",
    "{{ '{0.__class__.__mro__}'.format('') }}",
    "{{ '{0.__class__}'.format_map({'0': ''}) }}",
    "{{ raise_exception.__globals__.sys }}",
    "{{ namespace.__init__() }}",
    "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
    "{{ namespace(_x=1) }}",
    "{{ namespace({'__class__': 1}) }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ ().__class__.__bases__[0].__subclasses__() }}",
    "{% include 'secret' %}",
    "{% import 'os' as os %}",
    "{% extends 'base' %}",
    "{% from 'x' import y %}",
    "{{ lipsum() }}",
    "{{ x.append(1) }}",
    "{{ messages.clear() }}",
    "{{ 'a'.encode() }}",
    "{{ 'a'|random }}",
    "{{ joiner.__globals__.x }}",
    "{{ strftime_now.__closure__[0] }}",
    "{{ messages[0].keys().__class__.mro() }}",
]


@pytest.mark.parametrize(
    "what", ["''.__class__", "''|attr('__class__')", "'{0.__class__}'.format('')", "dict.__call__"]
)
def test_what_leads_out_is_nothing(what: str) -> None:
    assert run(f"{{{{ {what} }}}}") == ""


@pytest.mark.parametrize("source", REFUSED)
def test_what_leads_out_is_not_there(source: str) -> None:
    given: dict[str, Any] = {"x": [1], "messages": [{"role": "user"}]}
    with pytest.raises(CheckpointError, match=r"t\.jinja: the chat template does not work \(\w+: "):
        run(source, **given)
    assert given == {"x": [1], "messages": [{"role": "user"}]}


BROKEN = [
    "{% if %}",
    "{{ x.y.z }}",
    "{{ 1 / 0 }}",
    "{{ none + 1 }}",
    "{{ range(9)|sum(start='a') }}",
    "{{ 'a'|nothing }}",
]


@pytest.mark.parametrize(
    "source", [*BROKEN, "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "(" * 3000, "{{" + "(" * 2000]
)
def test_what_does_not_work_is_said(source: str) -> None:
    if source.startswith("(("):
        assert run(source) == source
        return
    with pytest.raises(
        CheckpointError, match=r"t\.jinja: the chat template does not work \(\w+: .*fetch the model again"
    ):
        run(source)


def test_a_refusal_of_the_template_is_the_inputs_fault() -> None:
    with pytest.raises(InputError, match="refuses this talk: roles must alternate"):
        run("{{ raise_exception('roles must alternate') }}")


SLOW = [
    "{% set r = range(100000) %}{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}",
    "{% set r = range(100000) %}{% for a in r %}{% for b in r if b < 0 %}x{% endfor %}{% endfor %}",
    "{% for a in range(100000) %}{% set x = range(20000)|list|length %}{% endfor %}",
    "{% for a in range(100000) if 19999.5 in range(1, 20000)|list %}{% endfor %}",
    "{% macro f(n) %}{% for i in range(9) %}{{ f(n - 1) if n else '' }}{% endfor %}{% endmacro %}{{ f(20) }}",
]


@pytest.mark.parametrize("source", SLOW)
def test_time_is_bounded(source: str) -> None:
    start = time.monotonic()
    with pytest.raises(CheckpointError, match=r"goes beyond its bounds: it takes longer than 0\.5 s"):
        run(source)
    assert time.monotonic() - start < 5


LARGE = [
    "{% for a in range(10000) %}{{ 'abc' }}{% endfor %}",
    "{{ 'a' * 1000000000000 }}",
    "{{ 1000000000000 * ['a'] }}",
    "{{ 'a'|center(1000000000000) }}",
    "{{ 'a'.center(1000000000000) }}",
    "{{ 'a'.zfill(width=100001) }}",
    "{{ 'a\n'|indent(1000000000000) }}",
    "{{ ('a\n' * 9000)|indent(9000) }}",
    "{{ '%1000000000000d' % 1 }}",
    "{{ '%1000000000000d'|format(1) }}",
    "{{ '%*d' % (1000000000000, 1) }}",
    "{{ '{:>1000000000000}'.format(1) }}",
    "{{ '{:>{w}}'.format(1, w=1000000000000) }}",
    "{{ ('{0}' * 3000).format('a' * 9000) }}",
    "{{ ('%(a)s' * 3000) % {'a': 'a' * 9000} }}",
    "{{ ('a' * 9000).replace('a', 'b' * 9000) }}",
    "{{ ('a' * 9000)|replace('', 'b' * 9000) }}",
    "{{ ('a' * 9000).join(range(3000)|map('string')) }}",
    "{{ range(100000)|join('a' * 9000) }}",
    "{{ {'a': 1, 'b': 2}.keys()|join('a' * 15000) }}",
    "{% set d = {'a': 'a' * 9000} %}{{ [d.items(), d.items(), d.items()] }}",
    "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=['a']) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    *(
        "{% set ns = namespace(x={}) %}{% for i in range(60) %}{% set ns.x = {'a': ns.x, 'b': ns.x} %}{% endfor %}"
        + end
        for end in (
            "{{ ns.x|tojson }}",
            "{{ ns.x|string|length }}",
            "{{ ns.x ~ '' }}",
            "{{ '%s' % ns.x }}",
            "{{ ns.x|e }}",
        )
    ),
    "{{ [1]|tojson(indent=1000) }}",
    "{{ 9 ** (9 ** 9) }}",
    "{% set ns = namespace(x=9) %}{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
    "{{ strftime_now('%1000000000Y') }}",
    "{{ ([range(20000)|list] * 9000)|sum(start=[]) }}",
]


@pytest.mark.parametrize("source", LARGE)
def test_what_it_makes_is_bounded(source: str) -> None:
    with pytest.raises(CheckpointError, match=r"goes beyond its bounds: (it makes|it writes|it formats|\w+ with a)"):
        run(source, limits=TemplateLimits(source=4096, output=20_000, seconds=20.0))


def test_its_own_size_is_bounded() -> None:
    assert run("a" * 4096) == "a" * 4096
    with pytest.raises(
        CheckpointError, match=r"t\.jinja: over 4096 characters, the most that a chat template may have"
    ):
        run("a" * 4097)


def test_large_talks_are_no_large_templates() -> None:
    source = "{% for m in messages %}{{ m.content | trim }}{{ m.content.find('x', 800000) }}{% endfor %}"
    long = [{"content": "ab " * 300_000}] * 5
    assert len(run(source, limits=TemplateLimits(), messages=long)) > 4_000_000
