package rotation

var Choose = choose
