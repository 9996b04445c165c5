// Generated from contracts/ by `make generated`: do not edit.
export const models = [
  {
    "id": "safelight-image",
    "title": "Safelight Image",
    "media_type": "images",
    "default": true,
    "tasks": {
      "text-to-image": "StableDiffusionPipeline",
      "image-to-image": "StableDiffusionImg2ImgPipeline"
    },
    "licence": "Apache-2.0",
    "loras": [],
    "examples": [
      "sunset over the sea",
      "a yellow star on a purple background",
      "a house and a tree under a blue sky",
      "three green hearts on a white background"
    ],
    "max_pixels": 524288,
    "parameters": {
      "negative_prompt": {
        "default": ""
      },
      "width": {
        "default": 64,
        "minimum": 64.0,
        "maximum": 256.0,
        "multiple_of": 16
      },
      "height": {
        "default": 64,
        "minimum": 64.0,
        "maximum": 256.0,
        "multiple_of": 16
      },
      "num_inference_steps": {
        "default": 12,
        "minimum": 1.0,
        "maximum": 200.0
      },
      "guidance_scale": {
        "default": 2.5,
        "minimum": 0.0,
        "maximum": 20.0
      },
      "num_images": {
        "default": 1,
        "minimum": 1.0,
        "maximum": 8.0
      },
      "output_format": {
        "default": "png",
        "choices": [
          "png",
          "jpeg",
          "webp"
        ]
      },
      "seed": {},
      "input_image": {},
      "strength": {
        "default": 0.6,
        "minimum": 0.05,
        "maximum": 1.0
      }
    }
  },
  {
    "id": "safelight-video",
    "title": "Safelight Video",
    "media_type": "videos",
    "default": true,
    "tasks": {
      "text-to-video": "WanPipeline"
    },
    "licence": "Apache-2.0",
    "loras": [],
    "examples": [
      "a yellow ball moving to the right on a blue background",
      "day turning to night over the sea",
      "a red heart growing on a white background"
    ],
    "max_pixels": 540672,
    "parameters": {
      "negative_prompt": {
        "default": ""
      },
      "width": {
        "default": 64,
        "minimum": 64.0,
        "maximum": 128.0,
        "multiple_of": 16
      },
      "height": {
        "default": 64,
        "minimum": 64.0,
        "maximum": 128.0,
        "multiple_of": 16
      },
      "num_frames": {
        "default": 17,
        "minimum": 5.0,
        "maximum": 33.0,
        "one_more_than_a_multiple_of": 4
      },
      "fps": {
        "default": 8,
        "minimum": 1.0,
        "maximum": 30.0
      },
      "num_inference_steps": {
        "default": 12,
        "minimum": 1.0,
        "maximum": 200.0
      },
      "guidance_scale": {
        "default": 2.5,
        "minimum": 0.0,
        "maximum": 20.0
      },
      "output_format": {
        "default": "mp4",
        "choices": [
          "mp4"
        ]
      },
      "seed": {}
    }
  }
] as const;
