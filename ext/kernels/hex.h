/* Bytes as hexadecimal digits, two each, and back. */
#ifndef WP_HEX_H
#define WP_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The 2 * size digits of as many bytes, in small letters. */
void wp_hex_write(const uint8_t *bytes, size_t size, uint8_t *digits);

/* The bytes that 2 * size digits stand for; false if something else is among these. */
bool wp_hex_read(const uint8_t *digits, size_t size, uint8_t *bytes);

#endif
