// What a config calls bodies by: a media type without parameters, or all of one kind ("text/*"), in the characters that RFC 6838 section
// 4.2 gives names. Everything at once has no word of its own: a key that is absent says it.

export const mediaRange: RegExp = /^[A-Za-z0-9!#$&^_.+-]+\/([A-Za-z0-9!#$&^_.+-]+|\*)$/;
