"""Chooses the pictures, writes their originals under one folder and names them in `data/manifest.csv`.

    python select_pictures.py --repositories DIR --checkouts DIR

`--repositories` holds git repositories (bare or with a work tree) as `<owner>+<repository>/repo`. Only what the table
below names is read. A repository belongs to one split as a whole.
"""

import argparse
import csv
import hashlib
import io
import random
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from pictures import MANIFEST

SEED = 11


@dataclass(frozen=True)
class Source:
    """One repository: which of its pictures are taken, and for what."""

    repository: str
    kind: str
    generator: str
    licence: str
    split: str
    most: int
    include: str = ''
    exclude: str = r'^$'
    smallest: int = 15_000


NONE = 'none stated'
TEST_ONLY = 'none stated (measured on, not trained on)'
SCREENSHOTS = [
    'controlnet_example', 'depth_controlnet', 'depth_t2i_adapter', 'embedding_example', 'esrgan_example',
    'gligen_textbox_example', 'hiresfix_esrgan_workflow', 'hiresfix_latent_workflow', 'hypernetwork_example',
    'img2img_workflow', 'inpaint_example', 'lora', 'lora_multiple', 'mixing_controlnets', 'model_merging_basic',
    'model_merging_cosxl', 'model_merging_inpaint', 'model_merging_lora', 'sdxl_revision_text_prompts',
    'sdxl_revision_zero_positive', 'stable_zero123_example', 'unclip_example', 'unclip_example_multiple',
]
"""Of ComfyUI_examples: the editor's window and not its product."""
SOURCES = [
    Source('SupaGruen/StableDiffusion-CheatSheet', 'ai', 'SD1.5/SDXL', 'MIT', 'train', 260, r'\.webp$'),
    Source('amiantos/AI-Horde-Styles', 'ai', 'Stable Diffusion 1.5 to SDXL', 'CC0', 'train', 260, r'\.webp$'),
    Source('vladmandic/sd-samples', 'ai', '{model}', NONE, 'train', 520, r'^images/.*\.jpg$'),
    Source('EvoLinkAI/awesome-gpt-image-2-prompts', 'ai', 'gpt-image-2', 'CC0', 'train', 240, r'output[^/]*$'),
    Source('freestylefly/awesome-gpt-image-2', 'ai', 'gpt-image-2', 'MIT', 'train', 160, r'^data/images/'),
    Source('marcusklasson/GroceryStoreDataset', 'real', 'camera', 'MIT', 'train', 200, r'^dataset/(train|test|val)/'),
    Source('alexeygrigorev/clothing-dataset-small', 'real', 'camera', 'CC0', 'train', 300),
    Source('OpenDroneMap/odm_data_copr', 'real', 'camera', 'CC BY-SA 4.0', 'train', 40),
    Source(
        'EdjeElectronics/TensorFlow-Object-Detection-API-Tutorial-Train-Multiple-Objects-Windows-10',
        'real', 'camera', 'Apache-2.0', 'train', 200, r'^images/',
    ),
    Source('mapillary/OpenSfM', 'real', 'camera', 'BSD-2-Clause', 'train', 40, r'^data/'),
    Source('nextcloud/example-files', 'real', 'camera', 'CC BY', 'train', 9, r'^Photos/'),
    Source(
        'drewnoakes/metadata-extractor-images', 'real', 'camera', NONE, 'train', 250, r'\.jpe?g$', smallest=40_000
    ),
    Source('godotengine/godot-demo-projects', 'real', 'people (renders, textures)', 'MIT', 'train', 140),
    Source('googlefonts/noto-emoji', 'real', 'people (drawings)', 'OFL-1.1', 'train', 60, r'512/'),
    Source(
        'vladmandic/human', 'real', 'camera', 'MIT', 'train', 60, r'^samples/in/(person|stock|group)', smallest=8_000,
    ),
    Source(
        'vladmandic/human', 'real', 'people (renders)', 'MIT', 'train', 50, r'^samples/in/cgi', smallest=8_000
    ),
    Source('serengil/deepface', 'real', 'camera', 'MIT', 'train', 64, r'^tests/unit/dataset'),
    Source('ageitgey/face_recognition', 'real', 'camera', 'MIT', 'train', 30, r'\.jpe?g$'),
    Source('davisking/dlib', 'real', 'camera', 'BSL-1.0', 'train', 12, r'^examples/faces'),
    Source('faker-js/assets-person-portrait', 'ai', 'Stable Diffusion 3', 'CC0', 'train', 160, r'/512/'),
    Source('orpatashnik/StyleCLIP', 'ai', 'StyleGAN2', 'MIT', 'train', 68, r'^global_directions/data/ffhq/'),
    Source('lucidrains/stylegan2-pytorch', 'ai', 'StyleGAN2', 'MIT', 'train', 10, r'^samples/'),
    Source(
        'Stability-AI/stablediffusion', 'ai', 'Stable Diffusion 2', 'MIT', 'train', 60, r'^assets/stable-samples/',
        r'old_man|sketch',
    ),
    Source(
        'comfyanonymous/ComfyUI_examples', 'ai', 'Stable Diffusion 1.5 to Flux',
        '0BSD (workflows, which these PNG files are)', 'train', 110, r'\.png$',
        r'workflow|depthmap|canny\.|pose_worship\.png|_input|/(' + '|'.join(SCREENSHOTS) + r')\.png', 90_000,
    ),
    Source(
        'brycedrennan/imaginAIry', 'ai', 'Stable Diffusion 1.4 to 2.1', 'MIT', 'train', 80,
        r'^docs/assets/(0.*PS7|0.*PS10|.*generated|fairytale)',
    ),
    Source('modelscope/facechain', 'ai', 'Stable Diffusion 1.5', 'Apache-2.0', 'train', 90, r'^style_image/'),
    Source(
        'Kwai-Kolors/Kolors', 'ai', 'Kolors, SDXL', 'Apache-2.0', 'train', 60,
        r'^controlnet/outputs/|_result\.|_(kolors|sdxl)\.', r'condition',
    ),
    Source('XLabs-AI/x-flux', 'ai', 'Flux', 'Apache-2.0', 'train', 40, r'(result_\d|furry|picture-)', smallest=100_000),
    Source('black-forest-labs/flux', 'ai', 'Flux', 'Apache-2.0', 'train', 12, r'^assets/'),
    Source(
        'Evolink-AI/awesome-seedream-5-pro-guide-and-prompt', 'ai', 'Seedream 5', 'CC BY 4.0', 'train', 30,
        r'^(assets/media|images)', smallest=100_000,
    ),
    Source('lllyasviel/Fooocus', 'ai', 'SDXL', 'GPL-3.0', 'train', 120, r'^sdxl_styles/samples/', smallest=8_000),
    Source(
        'Stability-AI/StableCascade', 'ai', 'Stable Cascade', 'MIT', 'train', 20, r'^figures/',
        r'comparison|chart|model|control',
    ),
    Source('invoke-ai/InvokeAI', 'ai', 'SDXL', 'Apache-2.0', 'train', 30, r'style_preset_images/'),
    Source('apple/ml-stable-diffusion', 'ai', 'Stable Diffusion 1.4 to XL', 'MIT', 'train', 40, r'^assets/'),
    Source('nerdyrodent/VQGAN-CLIP', 'ai', 'VQGAN', 'MIT', 'train', 20, r'^samples/'),
    Source('lucidrains/big-sleep', 'ai', 'BigGAN', 'MIT', 'train', 20, r'^samples/'),
    Source('ai-forever/Kandinsky-2', 'ai', 'Kandinsky 2', 'Apache-2.0', 'train', 12),
    Source('ai-forever/ru-dalle', 'ai', 'ruDALL-E', 'Apache-2.0', 'train', 14, smallest=60_000),
    Source('FoundationVision/Infinity', 'ai', 'Infinity', 'MIT', 'train', 20, r'^assets/', r'framework'),
    Source(
        'Azure-Samples/cognitive-services-sample-data-files', 'real', 'camera', 'MIT', 'train', 130,
        r'^(Face/images|CustomVision/|ComputerVision/Images)', r'logo|ocr|print|hand',
    ),
    Source('cmusatyalab/openface', 'real', 'camera', 'Apache-2.0', 'train', 32, r'images/examples'),
    Source('justadudewhohacks/face-api.js', 'real', 'camera', 'MIT', 'train', 40, r'\.jpe?g$'),
    Source(
        'Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB', 'real', 'camera', 'MIT', 'train', 36,
        r'^(imgs|masked_face/imgs|MNN/imgs)/'
    ),
    Source('exadel-inc/CompreFace', 'real', 'camera', 'Apache-2.0', 'train', 24, r'sample_images'),
    Source('TencentARC/GFPGAN', 'real', 'camera', 'Apache-2.0', 'train', 8, r'^inputs/'),
    Source('timesler/facenet-pytorch', 'real', 'camera', 'MIT', 'train', 12, r'^data/'),
    Source('ultralytics/assets', 'real', 'camera', 'AGPL-3.0', 'train', 16, r'^im/'),
    Source('tensorflow/tfjs-models', 'real', 'camera', 'Apache-2.0', 'train', 40, r'\.jpe?g$'),
    Source(
        'kubernetes/contributor-site', 'real', 'camera', 'Apache-2.0', 'train', 60,
        r'^content/en/(events|blog)/.*jpe?g$',
    ),
    Source('Shenggan/BCCD_Dataset', 'real', 'camera', 'MIT', 'train', 80, r'\.jpe?g$', smallest=8_000),
    Source('creativetimofficial/material-kit', 'real', 'camera', 'MIT', 'train', 30, r'\.jpe?g$'),
    Source('creativetimofficial/now-ui-kit', 'real', 'camera', 'MIT', 'train', 30, r'\.jpe?g$'),
    Source('creativetimofficial/paper-kit-2', 'real', 'camera', 'MIT', 'train', 40, r'\.jpe?g$'),
    Source('ColorlibHQ/AdminLTE', 'real', 'camera', 'MIT', 'train', 15, r'^src/assets/img/.*jpe?g$', smallest=5_000),
    Source('StartBootstrap/startbootstrap-creative', 'real', 'camera', 'MIT', 'train', 10, r'^src/assets/img'),
    Source('mdn/learning-area', 'real', 'camera', 'CC0', 'train', 80, r'\.jpe?g$'),
    Source('udacity/CarND-LaneLines-P1', 'real', 'camera', 'MIT', 'train', 8, r'test_images/'),
    Source('jamez-bondos/awesome-gpt4o-images', 'ai', 'gpt-4o-image', 'CC BY 4.0 with exceptions', 'test', 160),
    Source(
        'PicoTrex/Awesome-Nano-Banana-images', 'ai', 'Gemini 2.5/3 image', 'Apache-2.0', 'test', 140, r'output[^/]*$',
    ),
    Source('dcsan/imagen', 'ai', '{dcsan}', TEST_ONLY, 'test', 150),
    Source('jcpeterson/omi', 'ai', 'StyleGAN2', 'CC BY-NC-SA 4.0 (measured on, not trained on)', 'test', 120),
    Source('openai/dalle-2-preview', 'ai', 'DALL-E 2', TEST_ONLY, 'test', 60, r'Model2'),
    Source('EliSchwartz/imagenet-sample-images', 'real', 'camera', TEST_ONLY, 'test', 990),
    Source('BIDS/BSDS500', 'real', 'camera', TEST_ONLY, 'test', 200, r'images/'),
    Source('fossasia/2016.fossasia.org', 'real', 'camera', TEST_ONLY, 'test', 120, r'^img/.*jpe?g$'),
    Source('uwm-bigdata/wound-segmentation', 'real', 'camera', TEST_ONLY, 'test', 150, r'/images/', r'label|mask'),
    Source('datitran/raccoon_dataset', 'real', 'camera', 'MIT', 'test', 160, r'^images/'),
    Source('experiencor/kangaroo', 'real', 'camera', TEST_ONLY, 'test', 160, r'^images/'),
    Source('MohamedBakrAli/Kodak-Lossless-True-Color-Image-Suite', 'real', 'camera', TEST_ONLY, 'test', 24),
    Source('pierotofy/drone_dataset_brighton_beach', 'real', 'camera', 'BSD-2-Clause', 'test', 18),
    Source('immich-app/test-assets', 'real', 'camera', 'public domain (README)', 'test', 17, r'\.jpe?g$'),
    Source(
        'KDE/plasma-workspace-wallpapers', 'real', 'people (wallpapers)', 'LGPL-3.0 (repository)', 'test', 70,
        r'contents/images', r'screenshot',
    ),
]


def git_directory(repositories: Path, repository: str) -> Path:
    """The git directory of a repository. Raises FileNotFoundError when there is none."""
    root = repositories / repository.replace('/', '+') / 'repo'
    for candidate in (root / '.git', root):
        if (candidate / 'objects').is_dir():
            return candidate
    raise FileNotFoundError(root)


def listed(git: Path, source: Source) -> list[str]:
    """Paths of the source's pictures that are present, sorted."""
    lines = subprocess.run(
        ['git', '--git-dir', git, 'ls-tree', '-r', '-l', '-z', 'HEAD'], check=True, capture_output=True
    ).stdout.decode('utf8', 'replace')
    found = []
    for line in lines.split('\0'):
        if not line:
            continue
        facts, path = line.split('\t', 1)
        size = facts.split()[3]
        if not size.isdigit() or int(size) < source.smallest:
            continue
        if not re.search(r'\.(png|jpe?g|webp)$', path, re.IGNORECASE):
            continue
        if re.search(source.include, path, re.IGNORECASE) and not re.search(source.exclude, path, re.IGNORECASE):
            found.append(path)
    return sorted(found)


def generator_of(source: Source, path: str) -> str:
    """The generator a picture came from, by its path where the repository holds several."""
    if source.generator == '{model}':
        return re.sub(r'__.*|\.jpg$', '', Path(path).name)
    if source.generator == '{dcsan}':
        match = re.search(r'(dmin|ldif|glid|midj|simu|dallemini|laionide)', path)
        return f'dcsan:{match[1] if match else "other"}'
    return source.generator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--repositories', type=Path, required=True)
    parser.add_argument('--checkouts', type=Path, required=True, help='<owner>/<repository>/<path> is written here')
    args = parser.parse_args()

    rows, seen = [], set()
    for source in SOURCES:
        git = git_directory(args.repositories, source.repository)
        paths = listed(git, source)
        random.Random(SEED).shuffle(paths)
        taken = 0
        for path in paths:
            if taken == source.most:
                break
            data = subprocess.run(['git', '--git-dir', git, 'show', f'HEAD:{path}'], capture_output=True).stdout
            sha256 = hashlib.sha256(data).hexdigest()
            try:
                width, height = Image.open(io.BytesIO(data)).size
            except OSError:
                continue
            if sha256 in seen or min(width, height) < 128:
                continue
            seen.add(sha256)
            target = args.checkouts / source.repository / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            rows.append(
                [source.repository, path, source.kind, generator_of(source, path), source.licence, sha256, source.split]
            )
            taken += 1
        print(source.split, source.kind, source.repository, taken, 'of', len(paths), flush=True)
    with MANIFEST.open('w', newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(['repository', 'path', 'class', 'generator', 'licence', 'sha256', 'split'])
        writer.writerows(rows)


if __name__ == '__main__':
    main()
