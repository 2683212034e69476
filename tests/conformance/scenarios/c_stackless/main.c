/* Runs the scenarios on stackless tasks. */
#include "player.h"

#include "../runner.h"
#include "groups.h"

int main(int argc, char **argv) { return runner(groups, sizeof groups / sizeof groups[0], argc, argv); }
