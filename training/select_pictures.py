"""Chooses the pictures, writes their originals under one folder and names them in `data/manifest.csv`.

    python select_pictures.py --repositories DIR --checkouts DIR
    python select_pictures.py --repositories DIR --checkouts DIR --manifest FILE --only OWNER/NAME OWNER/NAME

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

import numpy as np
from PIL import Image

from folds import NEW
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
    Source(
        'XLabs-AI/x-flux', 'ai', 'Flux', 'Apache-2.0', 'train', 40,
        r'(result_\d|furry|picture-)', smallest=100_000,
    ),
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
    Source(
        'vladmandic/sdnext', 'ai', '{model}', 'Apache-2.0', 'train', 220,
        r'^models/Reference/.*\.jpg$', smallest=8_000,
    ),
    Source(
        'leejet/stable-diffusion.cpp', 'ai', 'Stable Diffusion 1.4 to Flux 2, Qwen Image, Z-Image, Wan',
        'MIT', 'train', 60,
        r'^assets/', r'photomaker_examples|control|lenna|logo|z_image/q|_q\dk?|f32',
    ),
    Source(
        'mcmonkeyprojects/SwarmUI', 'ai', 'Stable Diffusion 1.5 to Flux 2, AuraFlow, HiDream, Sana', 'MIT', 'train', 30,
        r'^docs/images/models/',
    ),
    Source(
        'easydiffusion/easydiffusion', 'ai', 'Stable Diffusion 1.4', 'MIT with restrictions of use', 'train', 140,
        r'^ui/media/modifier-thumbnails/', smallest=8_000,
    ),
    Source('cheekymohnkey/midjourney-profile-tester', 'ai', 'Midjourney 7', 'MIT', 'train', 180, r'^profile_results'),
    Source('ZizheRuan/awesome-nano-banana-pro-images', 'ai', 'Gemini 3 image', 'Apache-2.0', 'train', 40, r'_o\.'),
    Source(
        'muset-ai/awesome-nano-banana-pro', 'ai', 'Gemini 3 image', 'CC BY 4.0 with exceptions', 'train', 120,
        r'^cases/.*\.ou?t?put',
    ),
    Source(
        'filipstrand/mflux', 'ai', 'Flux, Qwen Image, Fibo, Z-Image', 'MIT', 'train', 30, r'^tests/resources/reference_',
        r'depth|upscaled|low_res',
    ),
    Source(
        'GoogleCloudPlatform/python-docs-samples', 'ai', 'Imagen, Gemini image', 'Apache-2.0', 'train', 40,
        r'image_generation/', r'mask|volleyball|living_room|skaters|latte|sweater\.jpg|resources/(cat|dog)\.png',
    ),
    Source('lucidrains/deep-daze', 'ai', 'CLIP and SIREN', 'MIT', 'train', 20, r'^samples/'),
    Source('18F/18f.gsa.gov', 'real', 'camera', 'CC0', 'train', 120, r'^assets/img/team/.*jpe?g$', smallest=12_000),
    Source(
        'dotnet/machinelearning-samples', 'real', 'camera', 'MIT (photos CC BY)', 'train', 120,
        r'ImageClassification\.Train/assets/inputs/images/flower_photos',
    ),
    Source(
        'CompVis/taming-transformers', 'real', 'camera', 'MIT (photos CC BY)', 'train', 150,
        r'^data/open_images_annotations_100/',
    ),
    Source(
        'magento/magento2-sample-data', 'real', 'camera', 'OSL-3.0', 'train', 130, r'catalog/product/.*(main|-0)\.jpg$',
    ),
    Source(
        'opencart/opencart', 'real', 'camera', 'GPL-3.0', 'train', 50,
        r'^upload/image/catalog/demo/[^/]*\.jpg$', r'logo',
    ),
    Source(
        'Sylius/Sylius', 'real', 'camera', 'MIT', 'train', 40, r'(CoreBundle/Resources/fixtures|assets/images)/.*jpe?g$',
    ),
    Source('saleor/saleor', 'real', 'people (renders)', 'BSD-3-Clause', 'train', 50, r'^saleor/static/placeholders/'),
    Source('wagtail/bakerydemo', 'real', 'camera', 'BSD-3-Clause', 'train', 40, r'original_images/.*jpe?g$'),
    Source('drupal/core', 'real', 'camera', 'GPL-2.0', 'train', 25, r'demo_umami.*\.jpg$'),
    Source(
        'android/compose-samples', 'real', 'camera', 'Apache-2.0', 'train', 50,
        r'(Jetsnack|JetNews|Reply|Jetchat)/app/src/main/res/drawable.*jpe?g$', smallest=10_000,
    ),
    Source('dusty-nv/jetson-inference', 'real', 'camera', 'MIT', 'train', 90, r'^data/images/[^/]*\.jpg$'),
    Source(
        'gordicaleksa/pytorch-neural-style-transfer', 'real', 'people (paintings)', 'MIT', 'train', 20,
        r'^data/style-images/',
    ),
    Source('jcjohnson/neural-style', 'real', 'people (paintings)', 'MIT', 'train', 14, r'^examples/inputs/'),
    Source('gskinnerTeam/flutter-wonderous-app', 'real', 'camera', 'MIT', 'train', 40, r'/3\.0x/photo-\d'),
    Source(
        'gskinnerTeam/flutter-wonderous-app', 'real', 'people (drawings)', 'MIT', 'train', 20, r'/3\.0x/flattened',
    ),
    Source(
        'AcademySoftwareFoundation/MaterialX', 'real', 'people (renders, textures)', 'Apache-2.0', 'train', 30,
        r'^(resources|documents/Images)/', r'Logo|mask|Graph|normal|rough|metal|grid|mesh',
    ),
    Source(
        'playcanvas/engine', 'real', 'people (renders, textures)', 'MIT', 'train', 60,
        r'^examples/(thumbnails|assets/textures)/', r'normal|height|gloss|_small',
    ),
    Source(
        'RayTracing/raytracing.github.io', 'real', 'people (renders)', 'CC0', 'train', 60, r'^images/img-.*(png|jpg)$',
    ),
    Source('WordPress/twentytwentyfive', 'real', 'camera', 'GPL-2.0 (pictures CC0)', 'train', 32, r'^assets/images'),
    Source(
        'photoprism/photoprism', 'real', 'camera', 'AGPL-3.0', 'train', 70,
        r'^(assets/examples|internal/ai/(face|nsfw)/testdata/[^/]*$|internal/meta/testdata).*jpe?g$',
        r'white|hentai|porn|sexy',
    ),
    Source('feimosi/baguetteBox.js', 'real', 'camera', 'MIT', 'train', 20, r'^demo/img/[^/]*\.jpg$'),
    Source('fengyuanchen/viewerjs', 'real', 'camera', 'MIT', 'train', 10, r'^docs/images/[^/]*\.jpg$'),
    Source(
        'sachinchoolur/lightGallery', 'real', 'camera', 'GPL-3.0', 'train', 20,
        r'^site/static/images/demo/[^-]*\.jpg$',
    ),
    Source('StartBootstrap/startbootstrap-agency', 'real', 'camera', 'MIT', 'train', 20, r'^src/assets/img/.*jpe?g$'),
    Source(
        'StartBootstrap/startbootstrap-landing-page', 'real', 'camera', 'MIT', 'train', 10, r'^src/assets/img/.*jpe?g$',
    ),
    Source('creativetimofficial/argon-design-system', 'real', 'camera', 'MIT', 'train', 20, r'\.jpe?g$'),
    Source('creativetimofficial/notus-react', 'real', 'camera', 'MIT', 'train', 20, r'\.jpe?g$'),
    Source('themefisher/airspace-hugo', 'real', 'camera', 'MIT', 'train', 25, r'^exampleSite/assets/.*jpe?g$'),
    Source(
        'ionic-team/ionic-conference-app', 'real', 'camera', 'Apache-2.0', 'train', 20,
        r'^src/assets/img/(speakers|about)/', smallest=8_000,
    ),
    Source(
        'albumentations-team/albumentations_examples', 'real', 'camera', 'MIT', 'train', 15,
        r'images/[^/]*\.jpe?g$',
    ),
    Source('tensorflow/tfjs-examples', 'real', 'camera', 'Apache-2.0', 'train', 20, r'\.jpe?g$', r'screenshot'),
    Source('scikit-image/scikit-image', 'real', 'camera', 'BSD-3-Clause', 'train', 20, r'^src/_skimage2/data/'),
    Source('OlafenwaMoses/IdenProf', 'real', 'camera', 'MIT', 'train', 10, r'^test-images/'),
    Source('udacity/CarND-Advanced-Lane-Lines', 'real', 'camera', 'MIT', 'train', 16, r'^test_images/'),
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


ALIKE = 6
"""Most bits of 64 in which a picture's difference hash may differ from a held-out picture's that it is a copy of."""


def difference_hash(image: Image.Image) -> int:
    """64 bits: which of two neighbours in a row is brighter, on a grid of 9 × 8."""
    image.draft('L', (72, 64))
    grid = np.asarray(image.convert('L').resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
    return int(''.join('1' if bit else '0' for bit in (grid[:, 1:] > grid[:, :-1]).ravel()), 2)


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
    parser.add_argument('--manifest', type=Path, default=MANIFEST)
    parser.add_argument('--only', nargs='+', metavar='REPOSITORY', help='these sources alone, for a trial')
    args = parser.parse_args()

    rows, seen = [], set()
    # The held-out sources come first, so that nothing that looks like their pictures is learnt from anew. What version
    # 0.3.0 learnt from is kept as it was: it differs from them by bytes.
    held_out: list[int] = []
    chosen = [source for source in SOURCES if args.only is None or source.repository in args.only]
    for source in sorted(chosen, key=lambda source: source.split):
        git = git_directory(args.repositories, source.repository)
        paths = listed(git, source)
        random.Random(SEED).shuffle(paths)
        taken = copies = 0
        for path in paths:
            if taken == source.most:
                break
            data = subprocess.run(['git', '--git-dir', git, 'show', f'HEAD:{path}'], capture_output=True).stdout
            sha256 = hashlib.sha256(data).hexdigest()
            try:
                image = Image.open(io.BytesIO(data))
                if sha256 in seen or min(image.size) < 128:
                    continue
                likeness = difference_hash(image)
            except OSError:
                continue
            if source.split == 'test':
                held_out.append(likeness)
            elif source.repository in NEW and any((likeness ^ other).bit_count() <= ALIKE for other in held_out):
                copies += 1
                continue
            seen.add(sha256)
            target = args.checkouts / source.repository / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            rows.append(
                [source.repository, path, source.kind, generator_of(source, path), source.licence, sha256, source.split]
            )
            taken += 1
        print(source.split, source.kind, source.repository, taken, 'of', len(paths), 'copies', copies, flush=True)
    rows.sort(key=lambda row: row[-1], reverse=True)
    with args.manifest.open('w', newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(['repository', 'path', 'class', 'generator', 'licence', 'sha256', 'split'])
        writer.writerows(rows)


if __name__ == '__main__':
    main()
