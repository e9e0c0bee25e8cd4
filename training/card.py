"""Writes the tables of the model card from `figures.json` and the manifest, between the marks that name them.

    python card.py --figures figures.json --card ../workers/detector/MODEL_CARD.md
"""

import argparse
import csv
import json
import re
from pathlib import Path

from figures import UI_THRESHOLD
from pictures import MANIFEST

SHOWN = {
    'original': 'original bytes',
    'jpeg70': 'JPEG 70',
    'half': 'both sides halved, JPEG 90',
    'screenshot': 'screenshot: longer side ≤ 1,000, no codec',
    'social': 'social media: longer side ≤ 1,080, JPEG 75',
}
SEVERAL = {
    'vladmandic/sdnext': '{count} models, mostly open (SD 1.4 to Flux 2, Qwen, HiDream, Gemini, …)',
    'dcsan/imagen': 'DALL-E mini and 2, GLIDE, Stable and Disco Diffusion, Midjourney',
}
"""Generators of repositories that hold many."""


def decimals(value: float) -> str:
    """Two."""
    return f'{value:.2f}'


def share(value: float) -> str:
    """Per cent, whole."""
    return f'{100 * value:.0f} %'


def small_share(value: float) -> str:
    """Per cent with one decimal."""
    return f'{100 * value:.1f} %'


def table(columns: list[str], rows: list[list], texts: int = 1) -> str:
    """Markdown; the first `texts` columns to the left, the others to the right."""
    marks = ['---' if place < texts else '---:' for place in range(len(columns))]
    return '\n'.join('| ' + ' | '.join(map(str, row)) + ' |' for row in (columns, marks, *rows))


def data_table() -> str:
    """Repositories of both splits, with their licences."""
    groups: dict[tuple, list[dict]] = {}
    with MANIFEST.open(newline='') as file:
        for row in csv.DictReader(file):
            by = row['generator'].split('(')[0].strip() if row['class'] == 'real' else ''
            groups.setdefault((row['split'], row['repository'], row['class'], by), []).append(row)
    rows = []
    for (split, repository, kind, by), pictures in groups.items():
        generators = list(dict.fromkeys(picture['generator'] for picture in pictures))
        if kind == 'ai':
            named = generators[0] if len(generators) == 1 else SEVERAL[repository].format(count=len(generators))
            what = f'generated, {named}'
        else:
            what = 'photos' if by == 'camera' else generators[0].split('(')[1].rstrip(')') + ' by people'
        rows.append([split, f'`{repository}`', what, len(pictures), pictures[0]['licence']])
    return table(['split', 'repository', 'class', 'pictures', 'licence'], rows, 5)


def tables(figures: dict) -> dict[str, str]:
    """The card's tables by name."""
    now, former = figures['now'], figures['former']

    def change(facts: tuple[dict, dict], key: str, form) -> str:
        return f'{form(facts[0][key])} → {form(facts[1][key])}'

    def source(name: str, rendition: str) -> tuple[dict, dict]:
        return former[rendition]['sources'][name], now[rendition]['sources'][name]

    sources = now['original']['sources']
    made = [name for name, facts in sources.items() if 'averagePrecision' in facts]
    photos = [name for name, facts in sources.items() if 'auc' in facts and name not in made]
    rates = [
        ('auc', decimals), ('averagePrecision', decimals), ('tprAt1', share), ('tprAt5', share), ('tprAtUi', share),
        ('fprAtUi', small_share),
    ]
    overall = [
        [what, *(change((former[name]['all'], now[name]['all']), key, form) for key, form in rates),
         small_share(max(now[name]['sources'][photo]['flagged'] for photo in photos))]
        for name, what in SHOWN.items()
    ]
    generators = [
        [f'`{name}`', sources[name]['pictures'],
         *(change(source(name, 'original'), key, form) for key, form in rates[:4]),
         *(change(source(name, other), 'auc', decimals) for other in list(SHOWN)[1:]),
         change(source(name, 'original'), 'flagged', share)]
        for name in made
    ]
    by_generator = [
        [name, facts['pictures'], change((former['original']['generators'][name], facts), 'auc', decimals)]
        for name, facts in now['original']['generators'].items()
    ]
    others = [
        [f'`{name}`', facts['pictures'], change(source(name, 'original'), 'flagged', small_share),
         decimals(facts['median']), change(source(name, 'original'), 'auc', decimals) if 'auc' in facts else '–']
        for name, facts in sources.items() if name not in made
    ]
    reliability = [[decimals(row['score']), decimals(row['generated']), row['renditions']]
                   for row in now['original']['reliability']]
    at = f'at {UI_THRESHOLD:.2f}'
    return {
        'data': data_table(),
        'renditions': table(
            ['rendition', 'macro AUC', 'average precision', 'found at 1 % false positives', 'found at 5 %',
             f'generated {at}', f'photos {at}', 'most in one source'], overall),
        'generators': table(
            ['source (not trained on)', 'pictures', 'AUC, original', 'average precision', 'found at 1 %',
             'found at 5 %', 'AUC, JPEG 70', 'AUC, halved', 'AUC, screenshot', 'AUC, social', at], generators),
        'by-generator': table(['generator', 'pictures', 'AUC against all photos'], by_generator),
        'photos': table(
            ['source (not trained on)', 'pictures', at, 'median score', 'AUC against the generators'], others),
        'reliability': table(['mean score', 'share generated, at even odds', 'pictures'], reliability, 0),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--figures', type=Path, required=True, help='what evaluate.py wrote')
    parser.add_argument('--card', type=Path, required=True)
    args = parser.parse_args()
    text = args.card.read_text()
    for name, filled in tables(json.loads(args.figures.read_text())).items():
        marked = re.compile(rf'(<!-- {name} -->\n).*?(<!-- /{name} -->)', re.DOTALL)
        if not marked.search(text):
            raise ValueError(f'{args.card} has no marks for the table "{name}"')
        text = marked.sub(lambda found, filled=filled: f'{found[1]}\n{filled}\n\n{found[2]}', text)
    args.card.write_text(text)


if __name__ == '__main__':
    main()
