module cribswig

go 1.23
