"""Small expressions and statements whose jinja2 results the engine must reproduce."""

VARIABLES = {
    "s": "Hello, World", "empty": "", "uni": "naïve 北京 ÅÉ ß", "multi": "a\nb\n\n  c\n", "n": 7, "neg": -3, "f": 2.5, "t": True, "no": False,
    "nothing": None, "nums": [3, 1, 2], "words": ["pear", "Apple", "fig", "apple"], "mixed": [1, "a", None, 2.5, True, [1], {"k": 1}],
    "d": {"a": 1, "b": [1, 2], "items": "shadow", "key with space": "v", "n": {"x": {"y": "deep"}}},
    "people": [{"name": "Ann", "age": 31, "city": "Rome"}, {"name": "Bob", "age": 25}, {"name": "cid", "age": 31, "city": "Oslo"}],
    "odd": "a\u2060\u0378\ue000\ufff9\U000e0001\x7f\xa0'", "big": 12345678901234567890, "spaces": "  \t padded \n ", "digits": "42", "pairs": [["a", 1], ["b", 2]],
}

EXPRESSIONS = r"""
1
1 + 2
1 - 2 - 3
2 * 3 + 4
2 + 3 * 4
(2 + 3) * 4
7 / 2
6 / 2
7 // 2
-7 // 2
7 % 3
-7 % 3
7 % -3
2 ** 10
2 ** -1
2 ** 3 ** 2
-2 ** 2
1.5 + 2
0.1 + 0.2
1e3
1e16
1e15
123456789012345678
1.0
1e-5
0.0001
1_000
0x1f
0b101
0o17
5.5 // 2
-5.5 // 2
5.5 % 2
1 / 0
1 // 0
true
True
false
none
None
not true
not n
t and no
t or no
n and s
no or s
empty or 'x'
1 < 2
1 < 2 < 3
3 > 2 > 2
1 == 1.0
1 == true
'1' == 1
'a' < 'b'
[1, 2] < [1, 3]
[1, 2] == [1, 2]
(1, 2) == [1, 2]
{'a': 1} == {'a': 1}
1 != 2
1 <= 1 >= 1
'a' < 1
none < 1
1 if t else 2
1 if no else 2
1 if no
'x' if n > 5 else 'y' if n > 3 else 'z'
s ~ n ~ none ~ t
'a' 'b' "c"
'tab\tnew\nline \\ \x41 \u00e9 \101 \q'
"it's"
'say "hi"'
s + 1
1 + s
s * 2
3 * 'ab'
'ab' * -1
[1] * 3
[1, 2] + [3]
(1,) + (2, 3)
[1] + (2,)
[]
[1, 'a', none, true, 1.5, [2], (3,), ()]
(1, 2)
(1,)
1, 2
{}
{'a': 1, 'b': [1, 2], 3: none}
{'a': 1, 'a': 2}
["it's", 'say "x"', 'both \' "', 'nl\n', 'é', '\x01']
s[0]
s[-1]
s[100]
s[1:4]
s[:5]
s[5:]
s[::-1]
s[::2]
s[-5:-1]
s[10:2]
s[100:200]
s[-100:3]
s[5:1:-1]
s[::0]
uni[2]
uni[6:8]
uni | length
uni[::-1]
nums[0]
nums[-1]
nums[5]
nums[1:]
nums[::-1]
nums[-2:]
nums[:-1]
nums[0:3:2]
nums['x']
nums.0
pairs.1.0
d.a
d['a']
d.b
d.b[1]
d['items']
d.missing
d['missing']
d.missing.deeper
d['key with space']
d.n.x.y
d['n']['x']['y']
d.n['x'].y
missing
missing.x
missing[0]
missing()
missing + 1
missing ~ 'x'
missing == none
missing is none
missing | length
missing | list
missing | upper
missing | tojson
missing | int
missing | default('dflt')
missing | d(1)
empty | default('x')
empty | default('x', true)
none | default('x')
none | default('x', boolean=true)
not missing
missing or 'fallback'
'a' in missing
missing in [1]
'World' in s
'world' not in s
1 in nums
4 in nums
4 not in nums
'a' in d
'zz' in d
1 in d
1 in s
'x' in 5
none in [none]
[1] in mixed
s is defined
missing is defined
missing is not defined
missing is undefined
none is none
s is none
s is string
n is string
n is number
f is number
t is number
n is integer
t is integer
f is integer
f is float
n is float
t is boolean
n is boolean
t is true
no is false
n is true
1 is true
d is mapping
nums is mapping
nums is iterable
s is iterable
n is iterable
missing is iterable
nums is sequence
d is sequence
n is sequence
none is iterable
n is odd
n is even
n is divisibleby 7
n is divisibleby(2)
n is eq 7
n is equalto 7
n is ne 7
n is gt 5
n is lt 5
n is ge 7
n is le 6
n is in [1, 7]
n is not in [1, 7]
'a' is in 'abc'
'ABC' is upper
'abc' is lower
'Abc' is upper
n is sameas n
none is sameas none
s is callable
range is callable
'upper' is filter
'nope' is filter
'defined' is test
n is nope
s | nope
s | upper
s | lower
s | title
'hello wOrld-foo (bar)' | title
"it's o'neil" | title
s | capitalize
'ÀÉÎ' | lower
'àéî straße' | upper
'ПРИВЕТ ΑΒΓ' | lower
'привет αβγ' | upper
s | length
s | count
s | list
s | first
s | last
s | reverse
s | replace('l', 'L')
s | replace('l', 'L', 1)
s | replace('', '-')
'aaa' | replace('aa', 'b')
5 | replace(5, 6)
s | trim
spaces | trim
spaces | trim | length
'xxaxx' | trim('x')
'xyaxy' | trim('yx')
none | trim
n | string
n | string | length
none | string
f | string
nums | string
d.b | string
s | safe
'<a href="x">\'&' | escape
'<>' | e
s | wordcount
uni | wordcount
s | truncate(8)
'a b c d e f g h i j k' | truncate(10)
'a b c d e f g h i j k' | truncate(10, true)
'a b c d e f g h i j k' | truncate(10, false, '!', 0)
s | center(20)
'abc' | center(6)
'abcd' | center(7)
multi | indent
multi | indent(2, true)
multi | indent(2, true, true)
multi | indent('> ')
multi | indent(width=3, first=false)
'x' | indent
'%s is %d' | format('a', 3)
'%5s|%-5s|%05d|%.2f|%x|%%' | format('a', 'b', 42, 3.14159, 255)
'%(a)s' | format(a=1)
'%s' % 'x'
'%s-%s' % ('x', 'y')
'%d' % 3.7
'%s' % none
'%r' % 'q'
'%5.1f' % 3.14159
'%+d' % 5
'%e' % 12345.678
'%s %s' % 'x'
'%s' % ('x', 'y')
'%q' % 1
'%d' % 'x'
'{} {}'.format('a', 1)
'{0}{1}{0}'.format('a', 'b')
'{name:>6}|{name:<6}|{name:^6}|'.format(name='ab')
'{:05d} {:.3f} {:,} {:x} {:+}'.format(42, 3.14159, 1234567, 255, 3)
'{{}} {}'.format(1)
'{a[x]} {b.y}'.format(a={'x': 1}, b={'y': 2})
'{!r}'.format('x')
'{}'.format(none)
'{}'.format()
'{x}'.format()
'{:*^9}'.format('mid')
'{:%}'.format(0.25)
digits | int
'4.7' | int
'abc' | int
'abc' | int(5)
'0x1A' | int(base=16)
'1010' | int(0, 2)
' 12 ' | int
'1_000' | int
f | int
t | int
none | int
[] | int
'inf' | int
'1.5' | float
'x' | float
'x' | float(2.0)
3 | float
'1e3' | float
'nan' | float
42.55 | round
42.55 | round(1)
42.55 | round(1, 'floor')
42.45 | round(1, 'ceil')
2.5 | round
3.5 | round
7 | round
7 | round(2)
-2.567 | round(2)
1234 | round(-2)
neg | abs
-2.5 | abs
s | abs
nums | sort
nums | sort(reverse=true)
words | sort
words | sort(case_sensitive=true)
mixed | sort
people | sort(attribute='age') | map(attribute='name') | join(',')
people | sort(attribute='age,name', reverse=true) | map(attribute='name') | join(',')
words | unique | list
words | unique(true) | list
nums | sum
[] | sum
people | sum(attribute='age')
nums | sum(start=10)
nums | min
nums | max
[] | max
words | min
words | max
words | max(case_sensitive=true)
people | max(attribute='age')
nums | first
nums | last
[] | first
[] | last
nums | reverse | list
nums | join
nums | join(', ')
mixed | join('|')
people | join(', ', attribute='name')
people | map(attribute='name') | list
people | map(attribute='city', default='?') | list
people | map(attribute='city') | list
words | map('upper') | join(' ')
words | map('replace', 'p', 'P') | join(' ')
nums | map('string') | join('+')
pairs | map('first') | list
pairs | map(attribute=1) | list
nums | select('odd') | list
nums | select | list
[0, 1, '', 'a', none] | select | list
[0, 1, '', 'a', none] | reject | list
nums | select('greaterthan', 1) | list
nums | reject('eq', 1) | list
mixed | select('string') | list
mixed | select('number') | list
people | selectattr('city') | map(attribute='name') | list
people | selectattr('city', 'defined') | map(attribute='name') | list
people | selectattr('age', 'equalto', 31) | map(attribute='name') | list
people | rejectattr('age', 'gt', 30) | map(attribute='name') | list
people | selectattr('age', '>=', 31) | list | length
people | groupby('age')
people | groupby('city', default='none') | map('first') | list
[1, 2, 3, 4, 5] | batch(2) | list
[1, 2, 3, 4, 5] | batch(2, 'x') | list
[1, 2, 3, 4, 5] | slice(2) | list
[1, 2, 3, 4, 5] | slice(3, 'x') | list
d.n | items | list
{'b': 1, 'a': 2} | dictsort
{'b': 1, 'a': 2} | dictsort(by='value')
{'b': 1, 'A': 2} | dictsort(true)
{'b': 1, 'a': 2} | dictsort(reverse=true)
{'b': 1, 'a': 2} | items | list
missing | items | list
{'b': 1, 'a': 2} | list
{'b': 1, 'a': 2} | length
{'b': 1, 'a': 2} | first
{'b': 1, 'a': 2}.items() | list
{'b': 1, 'a': 2}.keys() | list
{'b': 1, 'a': 2}.values() | list
{'b': 1, 'a': 2}.get('a')
{'b': 1, 'a': 2}.get('z')
{'b': 1, 'a': 2}.get('z', 'dflt')
d.get('n').get('x').get('y')
{'b': 1, 'a': 2} | tojson
{'b': 1, 'a': 2} | tojson(sort_keys=true)
d | tojson
d | tojson(indent=2)
mixed | tojson
mixed | tojson(indent=4)
[] | tojson(indent=2)
{} | tojson(indent=2)
[[], {}] | tojson(indent=2)
uni | tojson
uni | tojson(ensure_ascii=true)
'é𝄞' | tojson(ensure_ascii=true)
'"\\/\b\f\n\r\t\x01\x7f<>&\'' | tojson
1.0 | tojson
1e20 | tojson
1e-7 | tojson
100000.0 | tojson
none | tojson
true | tojson
{1: 2, none: 3, true: 4, 1.5: 5} | tojson
d | tojson(separators=(',', ':'))
[1, 2] | tojson(indent=0)
range | tojson
'  x '.strip() ~ '|'
'  x '.lstrip() ~ '|'
'  x '.rstrip() ~ '|'
'xxaxx'.strip('x')
'abcba'.lstrip('ab')
'a\n\n'.rstrip('\n')
'a,b,c'.split(',')
'a,b,c'.split(',', 1)
'a,b,c'.rsplit(',', 1)
'a b  c '.split()
'a b  c '.split(none, 1)
' a b c '.rsplit(none, 1)
' a  b c '.split(' ')
''.split()
''.split(',')
'a<think>b</think>c'.split('</think>')[-1]
'a b'.split('')
multi.splitlines()
multi.splitlines(true)
'a\r\nb\rc\x0bd'.splitlines()
s.startswith('Hell')
s.startswith('hell')
s.startswith(('x', 'H'))
s.startswith('World', 7)
s.endswith('ld')
s.endswith(('x', 'd'))
s.upper()
s.lower()
"it's a TEST x2y".title()
'hELLO wORLD'.capitalize()
'aBc'.swapcase()
s.replace('l', 'L')
s.replace('l', 'L', 2)
s.find('o')
s.find('zz')
s.rfind('o')
s.index('W')
s.index('zz')
s.count('l')
s.count('')
'naïve'.find('v')
', '.join(words)
', '.join(nums)
''.join(['a'])
'42'.isdigit()
''.isdigit()
'abc'.isalpha()
'ab1'.isalnum()
' \t'.isspace()
'ABC'.isupper()
'aBC'.islower()
'5'.zfill(3)
'-5'.zfill(4)
'ab'.ljust(5) ~ '|'
'ab'.rjust(5, '.')
'ab'.center(5) ~ '|'
'abc'.center(6, '*')
'prefix-x'.removeprefix('prefix-')
'x.txt'.removesuffix('.txt')
'a=b=c'.partition('=')
'a=b=c'.rpartition('=')
'abc'.partition('=')
s.nope
s.nope()
s.strip(1)
nums.index(2)
nums.index(9)
nums.count(1)
nums.append(4)
d.update({'z': 1})
d.pop('a')
range(3) | list
range(1, 4) | list
range(5, 0, -2) | list
range(0) | list
range(1, 2, 0)
range(4)[1:] | list
dict(a=1, b=2)
dict(a=1) | tojson
namespace(a=1).a
namespace().b
raise_exception('stop')
strftime_now('%Y-%m-%d')
strftime_now('%d %b %Y')
strftime_now('%A %B %d, %Y %H:%M')
(1, 2, 3)[1]
[1, [2, [3]]][1][1][0]
{'a': {'b': 1}}.a.b
'abc'[1] | upper
-n | abs
-1 | abs
- 1 + 2
+n
-s
+s
not s is string
not (n == 7)
n == 7 and s is string
n == 7 and not s is string
'a' ~ 1 + 2
1 ~ 2 * 3
2 * 3 ~ 1
'x' ~ (1 if t else 2)
[n for n in nums]
1.foo
'a'.b.c
s[
s | upper | lower | title
s | upper ~ '!'
(s | upper)[0:3]
nums | length > 2
nums | length == 3 and t
t and nums | length
[1, 2, 3,]
{'a': 1,}
(1, 2,)
words | sort | first | upper
people[0].name ~ ' is ' ~ people[0]['age']
people[-1]['name'][0] | upper
(people | selectattr('name', 'equalto', 'Bob') | first).age
people | map(attribute='name') | map('upper') | join(', ')
'yes' if 'city' in people[1] else 'no'
'yes' if people[1].city is defined else 'no'
people | rejectattr('city', 'defined') | list
people | tojson(indent=1)
'a' if missing else 'b'
'%s' | format(missing)
[missing]
{'a': missing}
(missing, none)
loop
caller
varargs
'é' < 'f'
'Z' < 'a'
true + true
true ~ ''
[true, none]
1 == 1 == 1
1 < 'a'
3 * 'é'
'ab' 'cd'[0]
d | length
d | list
d | join(',')
d.n
people[1]
"\N"
"\""
'\'' ~ "\\"
2 == 2.0 and 'eq'
'x' is string and 'y' is string
s|replace('World','X')|lower
[3,1,2]|sort|join('<')
1 if
}
{{
odd | tojson(ensure_ascii=true)
[odd]
odd | tojson
big
[big]
big | tojson
big is integer
big is float
big > 9223372036854775807
'<' | safe + 'a "b" & c' + '>' | safe
'<' + 'a' | safe
'<b>' | safe ~ '<i>'
('<b>' | safe | upper) + '<i>'
('<b> ' | safe | trim) + '<i>'
('<b>' | safe)[0] + '<i>'
('<b>' | safe)[:2] + '<i>'
('<b>' | safe | first) + '<i>'
('<b>' | safe | string) + '<i>'
('<b>' | safe | replace('b', '<u>')) + '<i>'
('<b>' | safe).replace('b', '<u>') + '<i>'
('<b>' | safe) * 2 + '<i>'
('<,>' | safe).split(',')
('<,>' | safe | list)
('<,>' | safe).join(['<', '>' | safe])
','.join(['<' | safe]) + '<'
['<' | safe, '<'] | join('&')
('%s %r %d' | safe) % ('<', '>', 3)
('%s' | safe | format('<' | safe))
('{} {:>4}' | safe).format('<', '&') + '<'
'{}'.format('<' | safe) + '<'
('a\n<' | safe | indent) + '<'
('<' | safe).ljust(3, '&')
('<' | e) + '<'
'<' | e | e
'<' | forceescape | forceescape
('<' | safe | tojson) + '<'
none | safe
('<' | safe) == '<'
'yes' if nums | select('equalto', 9) else 'no'
'yes' if [] | map('upper') else 'no'
'yes' if [] | unique else 'no'
'yes' if [] | batch(2) else 'no'
'yes' if [] | reverse else 'no'
'yes' if '' | reverse else 'no'
'yes' if {} | items else 'no'
'yes' if {}.items() else 'no'
'yes' if [] | list | sort else 'no'
'yes' if nums | reject('number') | list else 'no'
""".strip("\n").split("\n")

STATEMENTS = [
    "{% set x = 1 %}{{ x }}",
    "{% set x, y = 1, 2 %}{{ x }}{{ y }}",
    "{% set (x, y), z = [[1, 2], 3] %}{{ x ~ y ~ z }}",
    "{% set x, y = [1] %}{{ x }}",
    "{% set x = 1, 2 %}{{ x }}",
    "{% set x %}a{{ n }}b{% endset %}{{ x }}|{{ x | length }}",
    "{% set x | upper %}abc{% endset %}{{ x }}",
    "{% set x | replace('a', 'b') | upper %}abc{% endset %}{{ x }}",
    "{% set ns = namespace(a=1) %}{% for i in nums %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}",
    "{% set ns = namespace() %}{% set ns.x = 1 %}{% set ns.y = ns.x + 1 %}{{ ns.x }}{{ ns.y }}{{ ns.z }}",
    "{% set d.a = 2 %}{{ d.a }}",
    "{% set q = 1 %}{% for i in nums %}{% set q = i %}{% endfor %}{{ q }}",
    "{% if t %}{% set q = 5 %}{% endif %}{{ q }}",
    "{% for i in nums %}{{ q is defined }}{% set q = i %}{{ q }} {% endfor %}",
    "{% for i in nums %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
    "{% for i in nums %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {% endfor %}",
    "{% for i in nums %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for i in [1, 1, 2, 2, 1] %}{{ loop.changed(i) }} {% endfor %}",
    "{% for i in nums %}{% for j in 'ab' %}{{ loop.depth }}{{ loop.depth0 }}{{ loop.index }}{{ i }}{{ j }} {% endfor %}{% endfor %}",
    "{% for i in nums if i > 1 %}{{ i }}/{{ loop.index }}/{{ loop.length }} {% endfor %}",
    "{% for i in nums if i > 5 %}x{% else %}none{% endfor %}",
    "{% for i in [] %}x{% else %}none{% endfor %}",
    "{% for k, v in d.n.items() %}{{ k }}={{ v }}{% endfor %}",
    "{% for k, v in pairs %}{{ k }}{{ v }}{% endfor %}",
    "{% for k in d %}{{ k }},{% endfor %}",
    "{% for c in 'héllo' %}{{ c }}.{% endfor %}",
    "{% for c in 5 %}{{ c }}{% endfor %}",
    "{% for c in none %}{{ c }}{% endfor %}",
    "{% for c in missing %}{{ c }}{% else %}nothing{% endfor %}",
    "{% for a, b in [1, 2] %}{{ a }}{% endfor %}",
    "{% for i in nums %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}",
    "{% for i in nums %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% for i in nums %}{% for j in nums %}{% if j == 1 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}",
    "{% break %}",
    "{% for i in range(3) %}{{ i }}{% endfor %}",
    "{% if no %}a{% elif n == 7 %}b{% else %}c{% endif %}",
    "{% if no %}a{% elif no %}b{% else %}c{% endif %}",
    "{% if no %}a{% endif %}",
    "{% if t %}{% if no %}a{% else %}b{% endif %}{% endif %}",
    "{% if %}a{% endif %}",
    "{% if t %}a",
    "{% endif %}",
    "{% nope %}",
    "{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(b=5, a=4) }} {{ m() }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(c=2) }}",
    "{% macro m(a, b=a ~ '!') %}{{ a }}{{ b }}{% endmacro %}{{ m('x') }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, k=3) }}",
    "{% macro m() %}{{ n }}{% endmacro %}{{ m() }}",
    "{% set v = 1 %}{% macro m() %}{{ v }}{% endmacro %}{% set v = 2 %}{{ m() }}",
    "{% macro m() %}{% set v = 3 %}{{ v }}{% endmacro %}{{ m() }}{{ v }}",
    "{% macro f(x) %}{{ x if x < 2 else f(x - 1) ~ f(x - 2) }}{% endmacro %}{{ f(5) }}",
    "{% macro box(title) %}[{{ title }}: {{ caller() }}]{% endmacro %}{% call box('T') %}body {{ n }}{% endcall %}",
    "{% macro each(xs) %}{% for x in xs %}{{ caller(x, loop.index) }};{% endfor %}{% endmacro %}{% call(x, i) each(nums) %}{{ i }}:{{ x }}{% endcall %}",
    "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}{% call m() %}{% endcall %}",
    "{% macro m() %}x{% endmacro %}{{ m() | upper }}{{ m() ~ m() }}{{ m().upper() }}",
    "{% for i in nums %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}",
    "{% macro m(x) %}{% if x %}{{ x }}{% endif %}{% endmacro %}{{ m(0) }}{{ m('a') == 'a' }}{{ m(0) | length }}",
    "{% filter upper %}abc {{ s }}{% endfilter %}",
    "{% filter replace('a', 'b') | upper %}aca{% endfilter %}",
    "{% filter trim %}  x  {% endfilter %}|",
    "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}",
    "{% with %}{% set a = 1 %}{{ a }}{% endwith %}{{ a }}",
    "{% generation %}gen {{ n }}{% endgeneration %} after",
    "a {# comment #} b",
    "a {#- comment -#} b",
    "a\n{# comment #}\nb",
    "{# never ends",
    "{% raw %}{{ x }}{% if %}{% endraw %}",
    "{% raw %}\nx\n{% endraw %}\ny",
    "  {%- raw -%}  x  {%- endraw -%}  y",
    "{% raw %}x",
    "a\n  {% if t %}\nb\n  {% endif %}\nc",
    "a\n  {%+ if t %}\nb\n  {% endif +%}\nc",
    "a\n  {%- if t %}\nb\n  {%- endif %}\nc",
    "a\n  {% if t -%}\n  b\n  {% endif -%}\n  c",
    "  {{ n }}  \n  {{- n }}  \n  {{ n -}}  \n  x",
    "x {% if t %} y {% endif %} z",
    "\t{% if t %}x{% endif %}\n",
    "{% if t %}\n\nx\n\n{% endif %}\n\ny\n",
    "line\r\n{% if t %}\r\nx\r{% endif %}\r\nend\r\n",
    "trailing newline\n",
    "two newlines\n\n",
    "   {# c #}  \n  x",
    "{{ '%}' }}{{ \"}}\" }}{{ '{{' }}{{ '{% raw %}' }}",
    "{{ {'a': {'b': 1}} }}",
    "{{ {'a':{}}}}",
    "{{ n }",
    "{{ n",
    "{ { n } } {n} {%",
    "{{}}",
    "{{ n }}{{ s }}{# x #}{{ f }}",
    "{%if t%}x{%endif%}{{n}}{{-n-}} y",
    "{%- for i in nums -%} {{ i }} {%- endfor -%}",
    "{% for i in nums %}\n  {{ i }}\n{% endfor %}",
    "{% for i in nums %}\n  {%- if i > 1 %}\n    {{- i }}\n  {%- endif %}\n{%- endfor %}",
    "{% set x = 'a' if t else 'b' %}{{ x }}",
    "{% set x = nums | map('string') | join(',') %}{{ x }}",
    "{% set x = {'k': [1, 2]} %}{{ x.k[0] }}{{ x['k'][1] }}",
    "{% set xs = [] %}{% for i in nums %}{% set xs = xs + [i] %}{% endfor %}{{ xs }}",
    "{% set messages = nums[1:] %}{{ messages }}",
    "{% for m in people %}{{ m.name }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for m in people | sort(attribute='name') %}{{ m.name }} {% endfor %}",
    "{% for age, group in people | groupby('age') %}{{ age }}: {{ group | map(attribute='name') | join(' ') }}; {% endfor %}",
    "{% for row in range(5) | batch(2) %}{{ row }}{% endfor %}",
    "{% print n %}",
    "{% set n = n + 1 %}{{ n }}",
    "{% for n in nums %}{{ n }}{% endfor %}{{ n }}",
    "{% set loop = 5 %}{{ loop }}",
    "{% for i in nums %}{% set f = loop.index %}{% filter upper %}{{ f }}x{% endfilter %}{% endfor %}",
    "{% set j = joiner(', ') %}{% for i in nums %}{{ j() }}{{ i }}{% endfor %}",
    "{% for i in nums: %}{{ i }}{% endfor %}",
    "{% if t: %}x{% endif %}",
    "{% set a.b.c = 1 %}",
    "{% set 'a' = 1 %}",
    "{% set a %}{% break %}{% endset %}",
    "{% for a in nums %}{{ a }}",
    "{% macro m( %}{% endmacro %}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{{ m(a=1, 2) }}",
    "{{ range(*[1, 4]) | list }}{{ dict(**{'a': 1}) }}",
    "{{ 'a' is string is string }}",
    "{% call n %}{% endcall %}",
    "{% for x in nums recursive %}{{ x }}{% endfor %}" if False else "{{ 1 }}",
    "{% set ns = namespace(found=false) %}{% for p in people %}{% if p.city is defined and not ns.found %}{% set ns.found = true %}{{ p.city }}{% endif %}{% endfor %}{{ ns.found }}",
    "{%- set tools = none -%}{%- if tools is not none and tools | length > 0 %}x{% else %}y{% endif -%}",
    "{% set x = 'abc' %}{{ x[0] | upper ~ x[1:] }}",
    "{%- macro render(spec) -%}{%- if spec is mapping -%}{ {%- for k, v in spec | items -%}{{ k }}: {{ render(v) }}{{ ', ' if not loop.last }}{%- endfor -%} }{%- elif spec is string -%}'{{ spec }}'{%- elif spec is iterable -%}[{%- for v in spec -%}{{ render(v) }}{{ ', ' if not loop.last }}{%- endfor -%}]{%- else -%}{{ spec }}{%- endif -%}{%- endmacro -%}{{ render(d) }}{{ render(mixed) }}",
    "{% for i in nums %}{% continue %}{% else %}E{% endfor %}",
    "{% for i in nums %}{% break %}{% else %}E{% endfor %}",
    "{% for i in nums %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% else %}E{% endfor %}",
    "{% for i in nums %}{% if i != 2 %}{% continue %}{% endif %}{{ i }}{% else %}E{% endfor %}",
    "{% for i in nums if i > 5 %}{{ i }}{% else %}E{% endfor %}",
    "{% set x %}<{% endset %}{{ x | safe + '<' }}{{ x + '<' }}",
    "{% macro m() %}<{% endmacro %}{{ m() + '<' }}{{ m() | safe + '<' }}",
]
