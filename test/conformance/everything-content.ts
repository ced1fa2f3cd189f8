import type { AudioContent, CallToolResult, ImageContent, TextContent } from '@modelcontextprotocol/server';

/** One red pixel. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';

/** A sound without samples. */
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

export const IMAGE: ImageContent = { type: 'image', data: PNG, mimeType: 'image/png' };
export const AUDIO: AudioContent = { type: 'audio', data: WAV, mimeType: 'audio/wav' };

export const text = (value: string): TextContent => ({ type: 'text', text: value });

/** What a tool returns that has one text to say. */
export const textResult = (value: string): CallToolResult => ({ content: [text(value)] });
