/* The second unit of the program: a header that defined anything would be defined twice. */
#include <crib.hpp>

int received_by_other_file(crib::receiver<int> rx);

int received_by_other_file(crib::receiver<int> rx) {
    int sum = 0;
    for (int item : rx) sum += item;
    return sum;
}
