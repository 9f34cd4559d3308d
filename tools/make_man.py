#!/usr/bin/env python3
"""Manual pages and bash completion out of what athar says of itself: its table of verbs (athar --help) and each verb's --help, so that there is
one text. Usage: make_man.py ATHAR MANDIR COMPLETIONDIR; below DESTDIR when that is set, as meson's install scripts do."""
import os
import pathlib
import re
import subprocess
import sys

SECTIONS = {'Exit:': 'EXIT STATUS'}


def run(athar, *words):
    return subprocess.run([athar, *words], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout


def verbs(athar):
    """[(name, what it does)] of the table."""
    return re.findall(r'^  ([a-z][a-z-]*) +(\S.*)$', run(athar, '--help'), re.M)


def escape(text):
    text = text.replace('\\', '\\e').replace('-', '\\-').replace("'", '\\(aq')
    return '\\&' + text if text.startswith(('.', "\\(aq")) else text


def synopsis(text):
    """The lines of 'usage:', joined where one goes on in the next, and the rest."""
    head, _, rest = text.partition('\n\n')
    lines = []
    for line in head.removeprefix('usage:').split('\n'):
        line = line.strip()
        if line.startswith('athar ') or not lines:
            lines.append(line)
        else:
            lines[-1] += ' ' + line
    return lines, rest


def body(text):
    out, option = [], False
    for line in text.rstrip().split('\n'):
        entry = re.match(r'^  (\S.*?)(?:  +(.*)| *)$', line)
        if not line.strip():
            out.append('.PP')
            option = False
        elif entry and not line.startswith('   ') and entry[2]:
            out += ['.TP', '.B ' + escape(entry[1]), escape(entry[2])]
            option = True
        elif option and line.startswith('   '):
            out.append(escape(line.strip()))
        else:
            first = line.strip().split(' ')[0]
            if first in SECTIONS:
                out.append('.SH ' + SECTIONS[first])
            out.append(escape(line.strip()))
    return out


def page(name, title, lines, text, also, version):
    out = [f'.TH {name.upper()} 1 "" "athar {version}" "Athar"', '.SH NAME', f'{escape(name)} \\- {escape(title)}', '.SH SYNOPSIS']
    for i, line in enumerate(lines):
        out += (['.br'] if i else []) + ['.B ' + escape(line)]
    out += ['.SH DESCRIPTION', *body(text), '.SH SEE ALSO']
    out.append(', '.join(f'.BR {escape(a)} (1)' if i == 0 else f'\n.BR {escape(a)} (1)' for i, a in enumerate(also)).replace(', \n', ' ,\n'))
    return '\n'.join(out) + '\n'


def overview(table, version):
    first = ('Athar keeps each firearm\'s whole life as records that never change, and answers from what is derived of them: who holds it, where it '
             'was last lawful, and which firearm a damaged serial number may be of.\n\n')
    rest = ''.join(f'  {name}  {does}\n' for name, does in table)
    end = ('\nEach verb has a manual page of its own.\n\nExit: 0 done, 1 refused and nothing changed, 2 wrong use; some verbs have more, which their pages name.\n')
    return page('athar', 'a register of firearms', ['athar VERB ...', 'athar VERB --help', 'athar --version'], first + rest + end,
                [f'athar-{name}' for name, _ in table], version)


def completion(helps):
    cases, acts = [], []
    for name, text in helps.items():
        options = sorted(set(re.findall(r'(?<![\w-])--[a-z][a-z-]*', text)) | {'--help'})
        words = sorted(set(re.findall(rf'athar {name} ([a-z][a-z-]+)(?= )', synopsis(text)[0].__str__())))
        cases.append(f"        {name}) words='{' '.join(words)}' options='{' '.join(options)}' ;;")
        acts.append(name)
    return f'''# bash completion of athar; made by tools/make_man.py
_athar()
{{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} words='' options=''
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W '{' '.join(acts)} --help --version' -- "$cur"))
        return
    fi
    case ${{COMP_WORDS[1]}} in
{chr(10).join(cases)}
    esac
    case $prev in
        --data | --dir | --ballistics) COMPREPLY=($(compgen -d -- "$cur")); return ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    elif [ "$COMP_CWORD" -eq 2 ] && [ -n "$words" ]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    else
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}}
complete -o filenames -F _athar athar
'''


def main(athar, man, complete):
    root = os.environ.get('DESTDIR', '')
    athar = os.path.abspath(os.path.join(os.environ.get('MESON_BUILD_ROOT', '.'), athar))  # meson names it as seen from its build folder
    man, complete = (pathlib.Path(root + str(p) if root else p) for p in (man, complete))
    version = run(athar, '--version').split()[-1]
    table = verbs(athar)
    helps = {name: run(athar, name, '--help') for name, _ in table}
    (man / 'man1').mkdir(parents=True, exist_ok=True)
    complete.mkdir(parents=True, exist_ok=True)
    (man / 'man1' / 'athar.1').write_text(overview(table, version), encoding='utf-8')
    for name, does in table:
        lines, text = synopsis(helps[name])
        (man / 'man1' / f'athar-{name}.1').write_text(page(f'athar-{name}', does, lines, text, ['athar'], version), encoding='utf-8')
    (complete / 'athar').write_text(completion(helps), encoding='utf-8')


main(*sys.argv[1:])
