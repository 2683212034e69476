/* The version of the headers and of the library. */
#include <criterion/criterion.h>
#include <crib.h>
#include <crib/version.h>
#include <stdio.h>

Test(version, the_library_is_the_one_of_its_headers) {
    cr_assert_str_eq(crib_version(), CRIB_VERSION_STRING);
    cr_assert_eq(crib_version_hex(), CRIB_VERSION_HEX);
}

Test(version, the_text_is_made_of_the_three_numbers) {
    char text[40];
    snprintf(text, sizeof text, "%d.%d.%d", CRIB_VERSION_MAJOR, CRIB_VERSION_MINOR, CRIB_VERSION_PATCH);
    cr_assert_str_eq(crib_version(), text);
}

Test(version, the_hexadecimal_number_has_one_byte_for_each) {
    cr_assert_eq(crib_version_hex() >> 16, CRIB_VERSION_MAJOR);
    cr_assert_eq(crib_version_hex() >> 8 & 0xff, CRIB_VERSION_MINOR);
    cr_assert_eq(crib_version_hex() & 0xff, CRIB_VERSION_PATCH);
}

Test(version, the_text_is_static) { cr_assert_eq(crib_version(), crib_version()); }
