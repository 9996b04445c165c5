// Generated from contracts/ by `make generated`: do not edit.
export const limits = {
  "images": {
    "prompt": {
      "maxLength": 2000,
      "type": "string",
      "x-max-utf16-units": 2000
    },
    "negative_prompt": {
      "maxLength": 2000,
      "type": "string",
      "x-max-utf16-units": 2000
    },
    "model": {
      "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$",
      "type": "string"
    },
    "width": {
      "maximum": 4096,
      "minimum": 16,
      "type": "integer"
    },
    "height": {
      "maximum": 4096,
      "minimum": 16,
      "type": "integer"
    },
    "num_inference_steps": {
      "maximum": 200,
      "minimum": 1,
      "type": "integer"
    },
    "guidance_scale": {
      "maximum": 50,
      "minimum": 0,
      "type": "number"
    },
    "seed": {
      "maximum": 9007199254740991,
      "minimum": 0,
      "type": "integer"
    },
    "num_images": {
      "maximum": 8,
      "minimum": 1,
      "type": "integer"
    },
    "strength": {
      "maximum": 1,
      "minimum": 0,
      "type": "number"
    },
    "input_image": {
      "maxLength": 300,
      "type": "string",
      "x-max-utf16-units": 300,
      "x-upload": true
    },
    "mask_image": {
      "maxLength": 300,
      "type": "string",
      "x-max-utf16-units": 300,
      "x-upload": true
    },
    "lora": {
      "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$",
      "type": "string"
    },
    "lora_scale": {
      "maximum": 2,
      "minimum": 0,
      "type": "number"
    },
    "output_format": {
      "enum": [
        "png",
        "jpeg",
        "webp"
      ],
      "type": "string"
    }
  },
  "videos": {
    "prompt": {
      "maxLength": 2000,
      "type": "string",
      "x-max-utf16-units": 2000
    },
    "negative_prompt": {
      "maxLength": 2000,
      "type": "string",
      "x-max-utf16-units": 2000
    },
    "model": {
      "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$",
      "type": "string"
    },
    "width": {
      "maximum": 4096,
      "minimum": 16,
      "type": "integer"
    },
    "height": {
      "maximum": 4096,
      "minimum": 16,
      "type": "integer"
    },
    "num_inference_steps": {
      "maximum": 200,
      "minimum": 1,
      "type": "integer"
    },
    "guidance_scale": {
      "maximum": 50,
      "minimum": 0,
      "type": "number"
    },
    "seed": {
      "maximum": 9007199254740991,
      "minimum": 0,
      "type": "integer"
    },
    "num_images": {
      "maximum": 8,
      "minimum": 1,
      "type": "integer"
    },
    "strength": {
      "maximum": 1,
      "minimum": 0,
      "type": "number"
    },
    "input_image": {
      "maxLength": 300,
      "type": "string",
      "x-max-utf16-units": 300,
      "x-upload": true
    },
    "mask_image": {
      "maxLength": 300,
      "type": "string",
      "x-max-utf16-units": 300,
      "x-upload": true
    },
    "lora": {
      "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$",
      "type": "string"
    },
    "lora_scale": {
      "maximum": 2,
      "minimum": 0,
      "type": "number"
    },
    "output_format": {
      "const": "mp4",
      "type": "string"
    },
    "num_frames": {
      "maximum": 1000,
      "minimum": 1,
      "type": "integer"
    },
    "fps": {
      "maximum": 60,
      "minimum": 1,
      "type": "integer"
    },
    "last_image": {
      "maxLength": 300,
      "type": "string",
      "x-max-utf16-units": 300,
      "x-upload": true
    }
  }
} as const;
export const uploads = {
  "max_bytes": 10485760,
  "content_types": [
    "image/png",
    "image/jpeg",
    "image/webp"
  ],
  "name_pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$",
  "fields": [
    "input_image",
    "mask_image",
    "last_image"
  ]
} as const;
export const only_with = {
  "input_image": [
    "image-to-image",
    "image-to-video",
    "inpainting"
  ],
  "mask_image": [
    "inpainting"
  ],
  "last_image": [
    "image-to-video"
  ],
  "strength": [
    "image-to-image",
    "inpainting"
  ]
} as const;
