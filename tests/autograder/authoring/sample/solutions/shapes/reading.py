# %% [markdown]
# # What an area is

# %% tags=["setup"]

# %%
print("An area is a number.")
